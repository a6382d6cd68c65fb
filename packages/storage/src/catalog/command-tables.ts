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

/** The command, with its end if that came first. */
export function insertCommand(database: Database, command: CommandRecord): void {
  const inserted = database.run(
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
  if (inserted === 0) return;
  const end = earlyEnd(database, command.id);
  if (end === undefined) return;
  settleCommand(database, end);
  database.run('delete from early_ends where id = ?', command.id);
}

/** The first end of a command stands; that of one that is not here yet waits for it. */
export function settleCommand(database: Database, outcome: Outcome): void {
  const text = JSON.stringify(outcome);
  const settled = database.run(
    "update commands set status = ?, outcome = ? where id = ? and status = 'queued'",
    outcome.status,
    text,
    outcome.command,
  );
  if (settled > 0) return;
  database.run(
    `insert into early_ends select ?1, ?2
     where not exists (select 1 from commands where id = ?1) on conflict do nothing`,
    outcome.command,
    text,
  );
}

/** The end of a command that is not here yet. */
export function earlyEnd(database: Database, id: string): Outcome | undefined {
  const [row] = database.all('select outcome from early_ends where id = ?', id) as {
    outcome: string;
  }[];
  return row === undefined ? undefined : (JSON.parse(row.outcome) as Outcome);
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
