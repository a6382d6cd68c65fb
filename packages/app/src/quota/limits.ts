import { ArchetypeError } from '@archetype/core';
import type { Cost } from './cost.ts';

/** What an actor may use. Of several roles the most generous counts. */
export interface Limits {
  /** Commands about one world while it stands at one tick; 500 unless told. */
  readonly commandsPerTick?: number;
  /** Tokens in a UTC day; 200 000 unless told. */
  readonly tokensPerDay?: number;
  /** Costs that differ from the operations' own, in tokens. */
  readonly costs?: Readonly<Record<string, number | Cost>>;
}

/** Limits for everybody, and for those who have a role. `Infinity` is no limit. */
export interface QuotaOptions extends Limits {
  readonly roles?: Readonly<Record<string, Limits>>;
}

export interface ActorLimits {
  readonly commandsPerTick: number;
  readonly tokensPerDay: number;
  cost(type: string, otherwise: Cost): Cost;
}

const COMMANDS_PER_TICK = 500;
const TOKENS_PER_DAY = 200_000;

/** The limits of whoever has these roles. */
export function limitsFor(options: QuotaOptions, roles: readonly string[]): ActorLimits {
  const own = roles.flatMap((role) => {
    const limits = options.roles;
    return limits !== undefined && Object.hasOwn(limits, role) ? [limits[role]!] : [];
  });
  const most = (what: 'commandsPerTick' | 'tokensPerDay', otherwise: number): number => {
    const given = own.flatMap((limits) => limits[what] ?? []);
    return given.length > 0 ? Math.max(...given) : (options[what] ?? otherwise);
  };
  return {
    commandsPerTick: most('commandsPerTick', COMMANDS_PER_TICK),
    tokensPerDay: most('tokensPerDay', TOKENS_PER_DAY),
    cost: (type, otherwise) => {
      const given = own.flatMap(({ costs }) => costOf(costs, type) ?? []);
      if (given.length > 0) return given.reduce((a, b) => (b.base < a.base ? b : a));
      return costOf(options.costs, type) ?? otherwise;
    },
  };
}

function costOf(costs: Limits['costs'], type: string): Cost | undefined {
  if (costs === undefined || !Object.hasOwn(costs, type)) return undefined;
  const cost = costs[type]!;
  return typeof cost === 'number' ? { base: cost } : cost;
}

/** @throws `invalid_argument` */
export function checkQuotas(options: QuotaOptions, types: ReadonlySet<string>): QuotaOptions {
  const { roles = {}, ...everybody } = options;
  checkLimits('quotas', everybody, types);
  for (const [role, limits] of Object.entries(roles))
    checkLimits(`quotas.roles.${role}`, limits, types);
  return options;
}

function checkLimits(where: string, limits: Limits, types: ReadonlySet<string>): void {
  for (const what of ['commandsPerTick', 'tokensPerDay'] as const) {
    const given = limits[what];
    if (given !== undefined && !(given >= 0)) throw refused(`${where}.${what}`, given);
  }
  for (const [type, cost] of Object.entries(limits.costs ?? {})) {
    if (!types.has(type)) {
      throw new ArchetypeError(
        'invalid_argument',
        `${where}.costs names "${type}", which is no operation; the operations are ${[...types].join(', ')}.`,
      );
    }
    const { base, perTick = 0, cap = Infinity } = typeof cost === 'number' ? { base: cost } : cost;
    const counts = [base, perTick].every((given) => Number.isFinite(given) && given >= 0);
    if (!counts || !(cap >= 0)) throw refused(`${where}.costs.${type}`, cost);
  }
}

const refused = (what: string, given: unknown): ArchetypeError =>
  new ArchetypeError(
    'invalid_argument',
    `${what} was ${typeof given === 'number' ? given : JSON.stringify(given)}; give a number from 0 on; Infinity is no limit.`,
  );
