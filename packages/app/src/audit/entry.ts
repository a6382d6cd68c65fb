import type { AuditRecord, CommandStatus, Store } from '@archetype/core';

/** A row of the trail, and how the command ended that was accepted with it. */
export interface AuditEntry extends AuditRecord {
  readonly outcome?: AuditOutcome;
}

export interface AuditOutcome {
  readonly status: CommandStatus;
  /** The tick that decided it. */
  readonly tick?: number;
  readonly code?: string;
  readonly message?: string;
  readonly finishedAt?: number;
  readonly durationMs?: number;
}

/** The row was written before its command ended. */
const OPEN: ReadonlySet<string> = new Set(['accepted', 'queued']);

/** Rows are never changed, so what became of their commands is read beside them. */
export async function withOutcomes(
  store: Store,
  rows: readonly AuditRecord[],
): Promise<readonly AuditEntry[]> {
  return Promise.all(
    rows.map(async (row) => {
      if (!OPEN.has(row.status)) return row;
      const [command] = await store.commands({ id: row.command });
      if (command === undefined || command.status === 'queued') return row;
      const { status, settledAt, code, message, finishedAt } = command;
      return Object.freeze({
        ...row,
        outcome: Object.freeze({
          status,
          ...(settledAt !== undefined && { tick: settledAt.tick }),
          ...(code !== undefined && { code }),
          ...(message !== undefined && { message }),
          ...(finishedAt !== undefined && { finishedAt, durationMs: finishedAt - row.acceptedAt }),
        }),
      });
    }),
  );
}
