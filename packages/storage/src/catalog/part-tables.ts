import type { SpanRows } from '../spans/span-rows.ts';
import type { PartFiles, PartId } from '../table-store.ts';
import { listPart, type ListedPart } from './catalog-batch.ts';
import type { Database } from './database.ts';

/** A listed part, and how many of its rows some tick still has. */
export interface PartUse {
  readonly part: PartId;
  readonly schema: string;
  readonly rows: number;
  readonly bytes: number;
  readonly liveRows: number;
  /** Rows of entities that do not live any more; null: not known. */
  readonly inactive: number | null;
}

/** Rows that a tick has of one table, in parts. */
export interface PlacedRows extends SpanRows {
  readonly run: string;
  readonly tick: number;
  readonly table: string;
}

/** Bytes of one table in one run. */
export interface TableUse {
  readonly world: string;
  readonly name: string;
  readonly run: string;
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Every listed part, in order of its id, which is the order of its oldest rows. */
export function partUses(database: Database): readonly PartUse[] {
  return database.all(
    `select part, schema, rows, bytes, inactive,
       coalesce((select sum(rows) from places where places.part = parts.part), 0) as liveRows
     from parts order by part`,
  ) as PartUse[];
}

export function filesOf(database: Database): readonly (Pick<ListedPart, 'part' | 'rows'> & {
  readonly files: PartFiles;
  /** Null: not known. */
  readonly inactive: number | null;
})[] {
  const rows = database.all(
    'select part, rows, bytes, files, inactive from parts order by part',
  ) as {
    part: string;
    rows: number;
    bytes: number;
    files: string;
    inactive: number | null;
  }[];
  return rows.map(({ part, rows: count, bytes, files, inactive }) => ({
    part,
    rows: count,
    inactive,
    files: { bytes, files: JSON.parse(files) as PartFiles['files'] },
  }));
}

/** A large part whose entities cannot be looked up fast yet, neither by spans nor in the table store. */
export function unindexedPart(database: Database, rows: number): PartId | undefined {
  const [found] = database.all(
    'select part from parts where rows >= ? and indexed = 0 and not exists (select 1 from spans where spans.part = parts.part) order by part limit 1',
    rows,
  ) as { part: string }[];
  return found?.part;
}

/** What ticks have of some parts, in ascending run and tick. */
export function placedIn(database: Database, parts: readonly PartId[]): readonly PlacedRows[] {
  const found = database.all(
    `select run, tick, table_id as "table", part, "offset", rows, coalesce(span, rows) as span from places
     where part in (select value from json_each(?)) order by run, tick, table_id`,
    JSON.stringify(parts),
  ) as (Omit<PlacedRows, 'span'> & { part: PartId; offset: number; span: number })[];
  return found.map(({ run, tick, table, part, offset, rows, span }) => ({
    run,
    tick,
    table,
    rows,
    span: { part, offset, rows: span },
  }));
}

/** Puts parts in the place of others: their rows move, the others are retired. The caller's transaction makes it true. */
export function replaceParts(
  database: Database,
  old: readonly PartId[],
  merged: ListedPart | undefined,
  moves: readonly PlacedRows[],
  now: number,
): void {
  if (merged !== undefined) listPart(database, merged);
  for (const { run, tick, table, span } of moves) {
    database.run(
      'update places set part = ?, "offset" = ?, span = ? where run = ? and tick = ? and table_id = ?',
      span.part,
      span.offset,
      merged?.spans.length === 0 ? null : span.rows,
      run,
      tick,
      table,
    );
  }
  for (const part of old) {
    database.run('delete from parts where part = ?', part);
    database.run('delete from spans where part = ?', part);
    database.run('insert or replace into retired values (?, ?)', part, now);
  }
}

/** Parts that nobody lists any more and that were retired at least so many milliseconds before `now`. */
export function retiredParts(database: Database, now: number, grace: number): readonly PartId[] {
  // A clock that was set back must not keep parts for ever.
  database.run('update retired set retired_at = ? where retired_at > ?', now, now);
  const rows = database.all('select part from retired where retired_at <= ?', now - grace);
  return (rows as { part: string }[]).map(({ part }) => part);
}

export function forgetRetired(database: Database, parts: readonly PartId[]): void {
  for (const part of parts) database.run('delete from retired where part = ?', part);
}

/** Listed parts, and those retired whose time has not come. */
export function knownParts(database: Database): ReadonlySet<PartId> {
  const rows = database.all('select part from parts union select part from retired');
  return new Set((rows as { part: string }[]).map(({ part }) => part));
}

/** What each table of each run takes: its share of the parts that it is in. */
export function tableUses(database: Database): readonly TableUse[] {
  return database.all(
    `select worlds.world, worlds.name, places.run, places.table_id as "table",
       sum(places.rows) as rows,
       cast(round(sum(places.rows * parts.bytes * 1.0 / max(parts.rows, 1))) as integer) as bytes
     from places join parts on parts.part = places.part join worlds on worlds.run = places.run
     group by worlds.position, places.table_id order by worlds.position, places.table_id`,
  ) as TableUse[];
}
