import type { Database } from './database.ts';

/** A table at a tick. */
export interface NamedRows {
  readonly table: string;
  readonly tick: number;
}

/** Which ticks of a run to keep. */
export interface Thinning {
  readonly run: string;
  /** Runs that read this one: its own, and those of its forks. */
  readonly readers: readonly string[];
  /** Ticks up to this one are thinned. */
  readonly upTo: number;
  /** Of those, every k-th stays: ticks that are multiples of it. */
  readonly every: number;
  /** Ticks that stay whatever the rest says: where forks begin. */
  readonly pinned: readonly number[];
  /** Rows that ticks which are not in the catalog yet say are theirs too. */
  readonly named: readonly NamedRows[];
  /** Ticks that a damaged journal lost: they stay named as such. */
  readonly damaged: readonly number[];
}

/** Takes ticks out of the catalog. Rows that a kept tick names stay. Returns how many ticks went. */
export function thinTicks(database: Database, thinning: Thinning): number {
  const { run, upTo, every, pinned } = thinning;
  for (const tick of thinning.damaged) if (tick <= upTo) insertDamaged(database, run, tick);
  const going =
    'run = ? and tick <= ? and tick % ? <> 0 and tick not in (select value from json_each(?))';
  const given = [run, upTo, every, JSON.stringify(pinned)] as const;
  const gone = database.run(`delete from ticks where ${going}`, ...given);
  const kept = database.all(
    `select distinct table_id as "table", same_as as tick from places
     where same_as is not null and run in (select value from json_each(?)) and not (${going})`,
    JSON.stringify(thinning.readers),
    ...given,
  ) as NamedRows[];
  const chain = database.all(
    `select table_id as "table", tick, same_as as sameAs from places where same_as is not null and ${going}`,
    ...given,
  ) as (NamedRows & { readonly sameAs: number })[];
  database.run(
    `delete from places where ${going} and table_id || ' ' || tick not in (select value from json_each(?))`,
    ...given,
    JSON.stringify([...reachable([...kept, ...thinning.named], chain)]),
  );
  database.run(
    'insert into retained values (?, ?) on conflict (run) do update set up_to = max(up_to, excluded.up_to)',
    run,
    upTo,
  );
  return gone;
}

/** Rows named directly, or by rows that are named. */
function reachable(
  named: readonly NamedRows[],
  chain: readonly (NamedRows & { readonly sameAs: number })[],
): ReadonlySet<string> {
  const key = ({ table, tick }: NamedRows): string => `${table} ${tick}`;
  const next = new Map(chain.map((rows) => [key(rows), `${rows.table} ${rows.sameAs}`]));
  const found = new Set<string>();
  for (const rows of named) {
    for (
      let at: string | undefined = key(rows);
      at !== undefined && !found.has(at);
      at = next.get(at)
    )
      found.add(at);
  }
  return found;
}

/** Up to which tick each run was thinned. */
export function retainedUpTo(database: Database): ReadonlyMap<string, number> {
  const rows = database.all('select run, up_to from retained') as { run: string; up_to: number }[];
  return new Map(rows.map(({ run, up_to: upTo }) => [run, upTo]));
}

/** A tick that cannot be read any more, until it is written anew. */
export function insertDamaged(database: Database, run: string, tick: number): void {
  database.run('insert or ignore into damaged values (?, ?)', run, tick);
}

/** Ticks that were written anew are not lost any more. */
export function forgetDamaged(database: Database): void {
  database.run(
    'delete from damaged where exists (select 1 from ticks where ticks.run = damaged.run and ticks.tick = damaged.tick)',
  );
}

/** Lost ticks of a run, at its end or passed over by retention; gaps between its ticks tell of the others. */
export function damagedTicks(database: Database, run: string): readonly number[] {
  const rows = database.all('select tick from damaged where run = ?', run) as { tick: number }[];
  return rows.map(({ tick }) => tick);
}

/** Takes a world out of the catalog; audit rows stay. */
export function dropWorld(database: Database, world: string, run: string): void {
  for (const table of ['ticks', 'resources', 'places', 'retained', 'damaged'])
    database.run(`delete from ${table} where run = ?`, run);
  database.run("delete from early_ends where json_extract(outcome, '$.settledAt.run') = ?", run);
  database.run('delete from worlds where world = ?', world);
}
