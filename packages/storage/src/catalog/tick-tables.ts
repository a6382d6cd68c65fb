import type { Commit, Counters, Json, TickMessages, WorldRecord } from '@archetype/core';
import { frameBytes, frameOfBytes } from '../codec/frame-codec.ts';
import type { Database } from './database.ts';
import { damagedTicks } from './retention-tables.ts';
import { loadInput, storedInput } from './stored-input.ts';

/** What a tick says beside its tables, as the catalog takes it. */
export interface CatalogTick {
  readonly run: string;
  readonly tick: number;
  readonly counters: Counters;
  readonly input: Commit['input'];
  readonly messages: Commit['messages'];
  readonly undelivered: Commit['undelivered'];
  readonly settled: Commit['settled'];
  readonly resources: Readonly<Record<string, Json>>;
}

export function insertTick(database: Database, tick: CatalogTick): void {
  const { run, counters, input, messages, undelivered, settled, resources } = tick;
  database.run(
    'insert into ticks (run, tick, next_entity, next_message, input, messages, undelivered, settled) values (?, ?, ?, ?, ?, ?, ?, ?)',
    run,
    tick.tick,
    counters.nextEntity,
    counters.nextMessage,
    storedInput(input),
    messages === undefined ? null : frameBytes(messages),
    undelivered === undefined ? null : JSON.stringify(undelivered),
    settled.length === 0 ? null : JSON.stringify(settled),
  );
  for (const [name, value] of Object.entries(resources)) {
    database.run(
      'insert into resources values (?, ?, ?, ?)',
      run,
      tick.tick,
      name,
      JSON.stringify(value),
    );
  }
}

/** Ticks of a run that are in the catalog, ascending. */
export function ticksOf(
  database: Database,
  run: string,
  from: number,
  to: number,
): readonly number[] {
  const ticks = database.all(
    'select tick from ticks where run = ? and tick between ? and ? order by tick',
    run,
    from,
    Math.min(to, Number.MAX_SAFE_INTEGER),
  ) as { tick: number }[];
  return ticks.map(({ tick }) => tick);
}

/** Ticks that a world's run has no record of, though it has a later one: a damaged journal lost them. */
export function missingTicks(
  database: Database,
  { run, lineage }: WorldRecord,
  retained: number,
): readonly number[] {
  const first = Math.max(lineage.at(-1)?.tick ?? -1, retained) + 1;
  const known = damagedTicks(database, run);
  const [row] = database.all(
    'select count(*) as count, max(tick) as newest from ticks where run = ? and tick >= ?',
    run,
    first,
  ) as [{ count: number; newest: number | null }];
  if (row.newest === null || row.count === row.newest - first + 1) return known;
  const present = new Set(ticksOf(database, run, first, row.newest));
  const missing = [...known];
  for (let tick = first; tick < row.newest; tick++) if (!present.has(tick)) missing.push(tick);
  return missing;
}

export function countersOf(database: Database, run: string, tick: number): Counters | undefined {
  const [row] = database.all(
    'select next_entity, next_message from ticks where run = ? and tick = ?',
    run,
    tick,
  ) as {
    next_entity: number;
    next_message: number;
  }[];
  return row === undefined
    ? undefined
    : { nextEntity: row.next_entity, nextMessage: row.next_message };
}

/** What ticks of a run say of messages; those that say nothing are left out. */
export function messagesOf(
  database: Database,
  run: string,
  from: number,
  to: number,
): readonly TickMessages[] {
  const rows = database.all(
    'select tick, messages, undelivered from ticks where run = ? and tick between ? and ? and (messages is not null or undelivered is not null) order by tick',
    run,
    from,
    to,
  ) as { tick: number; messages: Uint8Array | null; undelivered: string | null }[];
  return rows.map(({ tick, messages, undelivered }) => ({
    tick,
    messages: messages === null ? undefined : frameOfBytes(messages),
    undelivered: undelivered === null ? [] : (JSON.parse(undelivered) as number[]),
  }));
}

/** What a tick says beside its tables. */
export function sayingsOf(
  database: Database,
  run: string,
  tick: number,
): Omit<Commit, 'lease' | 'tick' | 'tables'> | undefined {
  const [row] = database.all(
    'select input, settled from ticks where run = ? and tick = ?',
    run,
    tick,
  ) as { input: string | Uint8Array | null; settled: string | null }[];
  const counters = countersOf(database, run, tick);
  if (row === undefined || counters === undefined) return undefined;
  const changed = database.all(
    'select name, value from resources where run = ? and tick = ?',
    run,
    tick,
  ) as {
    name: string;
    value: string;
  }[];
  const [said] = messagesOf(database, run, tick, tick);
  return {
    counters,
    ...(said?.messages !== undefined && { messages: said.messages }),
    ...(said !== undefined && said.undelivered.length > 0 && { undelivered: said.undelivered }),
    ...(row.input !== null && { input: loadInput(row.input) }),
    settled: row.settled === null ? [] : (JSON.parse(row.settled) as Commit['settled']),
    resources: Object.fromEntries(
      changed.map(({ name, value }) => [name, JSON.parse(value) as Json]),
    ),
  };
}

/** Data resources that changed in a run up to a tick, later ones in place of earlier ones. */
export function resourcesOf(
  database: Database,
  run: string,
  tick: number,
): Readonly<Record<string, Json>> {
  const rows = database.all(
    'select name, value from resources where run = ? and tick <= ? order by tick',
    run,
    tick,
  ) as {
    name: string;
    value: string;
  }[];
  return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as Json]));
}
