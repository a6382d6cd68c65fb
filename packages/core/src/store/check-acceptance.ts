import { ArchetypeError } from '../errors.ts';
import type { AuditRecord } from '../state/audit.ts';
import type { CommandRecord, SettledCommand } from '../state/command.ts';
import type { QuotaRecord } from '../state/quota.ts';
import type { Acceptance } from './store.ts';

type Need = readonly [holds: (value: unknown) => boolean, what: string];
type Needs<T> = { readonly [K in keyof T]?: Need };

const text: Need = [(value) => typeof value === 'string', 'a string'];
const number: Need = [(value) => Number.isFinite(value), 'a finite number'];
const whole: Need = [(value) => Number.isSafeInteger(value), 'a whole number'];
const optional = ([holds, what]: Need): Need => [
  (value) => value === undefined || holds(value),
  what,
];

const command: Needs<CommandRecord> = {
  id: text,
  type: text,
  world: optional(text),
  sequence: whole,
  actor: [(value) => typeof (value as CommandRecord['actor'])?.id === 'string', 'one with an id'],
  idempotencyKey: optional(text),
};
const ends: Readonly<Record<SettledCommand['status'], true>> = {
  applied: true,
  rejected: true,
  cancelled: true,
};
const settled: Needs<SettledCommand> = {
  command: text,
  status: [(value) => Object.hasOwn(ends, value as string), Object.keys(ends).join(', ')],
  code: optional(text),
  message: optional(text),
  finishedAt: optional(number),
};
const audit: Needs<AuditRecord> = {
  position: whole,
  world: optional(text),
  actor: text,
  type: text,
  command: text,
  status: text,
  idempotencyKey: optional(text),
  tick: optional(number),
  acceptedAt: number,
};
const quota: Needs<QuotaRecord> = { actor: text, scope: text, period: text, used: number };

/** What every store can keep and look up; checked before anything is written. @throws `invalid_argument` */
export function checkAcceptance(acceptance: Acceptance): void {
  checkAll('A command', acceptance.commands, command);
  checkSettled(acceptance);
  checkAll('An audit row', acceptance.audit, audit);
  checkAll('A quota', acceptance.quotas, quota);
}

/** The ends of commands alone, which a tick's commit says too. @throws `invalid_argument` */
export function checkSettled({ settled: given }: Pick<Acceptance, 'settled'>): void {
  checkAll('The end of a command', given, settled);
}

function checkAll<T extends object>(
  what: string,
  records: readonly T[] = [],
  needs: Needs<T>,
): void {
  if (!Array.isArray(records) || !records.every((record) => Object(record) === record)) {
    throw new ArchetypeError(
      'invalid_argument',
      `${what} is an object in a list, and ${JSON.stringify(records)} was given; nothing of it was stored.`,
    );
  }
  for (const record of records) {
    for (const [name, [holds, need]] of Object.entries(needs) as [keyof T & string, Need][]) {
      if (holds(record[name])) continue;
      throw new ArchetypeError(
        'invalid_argument',
        `${what} had ${name} ${String(record[name])}; give ${need}. Nothing of it was stored.`,
      );
    }
  }
}
