import { ArchetypeError } from '../errors.ts';
import { AUDIT_PAGE, matchesAudit, type AuditQuery, type AuditRecord } from '../state/audit.ts';
import {
  matchesCommand,
  type CommandQuery,
  type CommandRecord,
  type SettledCommand,
  type StoredCommand,
} from '../state/command.ts';
import type { Commit } from '../state/commit.ts';
import type { Acceptance } from './store.ts';

type Outcome = SettledCommand & Pick<StoredCommand, 'settledAt'>;

/** Accepted commands, how they ended, and audit rows: in memory, in the order in which they came. */
export class CommandBook {
  readonly #commands = new Map<string, CommandRecord>();
  readonly #outcomes = new Map<string, Outcome>();
  readonly #audit: AuditRecord[] = [];

  /** A command that is here already is passed over. */
  accepted({ commands = [], settled = [], audit = [] }: Acceptance): void {
    for (const command of commands)
      if (!this.#commands.has(command.id)) this.#commands.set(command.id, command);
    for (const outcome of settled) this.#settle(outcome);
    this.#audit.push(...audit);
  }

  /** What a tick's commit decided. */
  committed({ lease, tick, settled }: Commit): void {
    for (const outcome of settled)
      this.#settle({ ...outcome, settledAt: { run: lease.run, tick } });
  }

  /** The first outcome stands. */
  #settle(outcome: Outcome): void {
    if (!this.#outcomes.has(outcome.command)) this.#outcomes.set(outcome.command, outcome);
  }

  get empty(): boolean {
    return this.#commands.size + this.#outcomes.size + this.#audit.length === 0;
  }

  outcome(id: string): Outcome | undefined {
    return this.#outcomes.get(id);
  }

  /** `endOf` decides how commands ended, in place of this book: others may know an end that came before its own. */
  commands(
    query: CommandQuery,
    endOf: (id: string) => Outcome | undefined = (id) => this.outcome(id),
  ): readonly StoredCommand[] {
    return [...this.#commands.values()]
      .map((record) => storedCommand(record, endOf(record.id)))
      .filter((command) => matchesCommand(command, query))
      .toSorted((a, b) => a.sequence - b.sequence)
      .slice(-(query.limit ?? Infinity));
  }

  audit(query: AuditQuery): readonly AuditRecord[] {
    const limit = query.limit ?? AUDIT_PAGE;
    const page: AuditRecord[] = [];
    for (let k = this.#audit.length - 1; k >= 0 && page.length < limit; k--)
      if (matchesAudit(this.#audit[k]!, query)) page.push(this.#audit[k]!);
    return page;
  }
}

/** A command with its end, if it has come to one. */
export function storedCommand(record: CommandRecord, outcome: Outcome | undefined): StoredCommand {
  if (outcome === undefined) return { ...record, status: 'queued' };
  const { command: _id, ...end } = outcome;
  return { ...record, ...end };
}

/** @throws `invalid_argument` */
export function checkAuditQuery({ limit }: AuditQuery): void {
  checkLimit(limit, 'audit rows');
}

/** @throws `invalid_argument` */
export function checkCommandQuery({ limit }: CommandQuery): void {
  checkLimit(limit, 'commands');
}

function checkLimit(limit: number | undefined, what: string): void {
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return;
  throw new ArchetypeError(
    'invalid_argument',
    `limit was ${String(limit)}; give a whole number of ${what} from 1 on.`,
  );
}
