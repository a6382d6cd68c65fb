import {
  AUDIT_PAGE,
  matchesCommand,
  storedCommand,
  type AuditQuery,
  type AuditRecord,
  type CommandQuery,
  type CommandRecord,
  type SettledCommand,
  type StoredCommand,
} from '@archetype/core';
import type { Database, SqlValue } from './database.ts';

/** An end of a command, with the tick that decided it. */
export type Outcome = SettledCommand & Pick<StoredCommand, 'settledAt'>;

/** The conditions of a query that were given, as SQL. */
function conditions(
  given: readonly (readonly [sql: string, value: string | number | undefined])[],
): { readonly sql: string; readonly values: readonly SqlValue[] } {
  const set = given.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return {
    sql: ['true', ...set.map(({ sql }) => sql)].join(' and '),
    values: set.map(({ value }) => value),
  };
}

export function insertCommand(database: Database, command: CommandRecord): void {
  database.run(
    `insert into commands (id, type, sequence, world, actor, idempotency_key, status, record)
     values (?, ?, ?, ?, ?, ?, 'queued', ?) on conflict do nothing`,
    command.id,
    command.type,
    command.sequence,
    command.world ?? null,
    command.actor.id,
    command.idempotencyKey ?? null,
    JSON.stringify(command),
  );
}

/** The first end of a command stands. */
export function settleCommand(database: Database, outcome: Outcome): void {
  database.run(
    "update commands set status = ?, outcome = ? where id = ? and status = 'queued'",
    outcome.status,
    JSON.stringify(outcome),
    outcome.command,
  );
}

/** `later` knows the ends that are not in the catalog yet. */
export function readCommands(
  database: Database,
  query: CommandQuery,
  later: (id: string) => Outcome | undefined,
): readonly StoredCommand[] {
  // A command that is queued here may have ended since; one that ended stays as it is.
  const { sql, values } = conditions([
    ['id = ?', query.id],
    ['type = ?', query.type],
    ['world = ?', query.world],
    ['actor = ?', query.actor],
    ['idempotency_key = ?', query.idempotencyKey],
    ["status in (?, 'queued')", query.status],
    ['sequence < ?', query.before],
  ]);
  const rows = database.each(
    `select record, outcome from commands where ${sql} order by sequence desc`,
    ...values,
  ) as Iterable<{ record: string; outcome: string | null }>;
  const page: StoredCommand[] = [];
  for (const { record, outcome } of rows) {
    const command = JSON.parse(record) as CommandRecord;
    const end = outcome === null ? later(command.id) : (JSON.parse(outcome) as Outcome);
    const stored = storedCommand(command, end);
    if (matchesCommand(stored, query)) page.push(stored);
    if (page.length === query.limit) break;
  }
  return page.toReversed();
}

export function insertAudit(database: Database, row: AuditRecord): void {
  database.run(
    'insert into audit values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing',
    row.position,
    row.world ?? null,
    row.actor,
    row.type,
    row.command,
    row.status,
    row.idempotencyKey ?? null,
    row.tick ?? null,
    row.acceptedAt,
    JSON.stringify(row),
  );
}

export function readAudit(database: Database, query: AuditQuery): readonly AuditRecord[] {
  const { sql, values } = conditions([
    ['world = ?', query.world],
    ['actor = ?', query.actor],
    ['type = ?', query.type],
    ['command = ?', query.command],
    ['status = ?', query.status],
    ['idempotency_key = ?', query.idempotencyKey],
    ['tick >= ?', query.ticks?.from],
    ['tick <= ?', query.ticks?.to],
    ['accepted_at >= ?', query.time?.from],
    ['accepted_at <= ?', query.time?.to],
    ['position < ?', query.before],
  ]);
  const rows = database.all(
    `select row from audit where ${sql} order by position desc limit ?`,
    ...values,
    query.limit ?? AUDIT_PAGE,
  ) as { row: string }[];
  return rows.map(({ row }) => JSON.parse(row) as AuditRecord);
}
