import {
  defineComponent,
  defineProcessor,
  defineSimulation,
  i32,
  MemoryStore,
  vector,
  Worlds,
  type ColumnsOf,
  type DataFrame,
  type QueryOptions,
  type Store,
  type World,
} from '@archetype/core';
import { openDurableStore, type DurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { connect } from '@lancedb/lancedb';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './walkers.ts';

const Cell = defineComponent('Cell', { age: i32(0), at: vector(2) });
const Mark = defineComponent('Mark', { since: i32(0) });

/** Cells get older, are marked for a while, which moves them to another table, die and are born. */
const simulation = defineSimulation({
  components: [Cell, Mark],
  processors: [
    defineProcessor({
      name: 'grow',
      components: [Cell],
      process: (df, ctx) => {
        const next = df.withColumns((c) => ({ cell__age: c.cell.age.add(1) }));
        ctx.despawn(next.filter((c) => c.entity_id.add(ctx.tick).mod(701).eq(0)));
        for (let k = 0; k < 3; k++) ctx.spawn(Cell({ at: [k, 1] }));
        return next;
      },
    }),
    defineProcessor({
      name: 'mark',
      components: [Cell],
      without: [Mark],
      priority: 20,
      process: (df, ctx) => {
        if (ctx.tick % 40 === 0)
          ctx.addComponents(
            df.filter((c) => c.entity_id.mod(9).eq(0)),
            Mark({ since: ctx.tick }),
          );
        return df;
      },
    }),
  ],
});

const N = 500;
const LAST = 130;

async function begin(store: Store, cells = N): Promise<World> {
  const world = new Worlds(store).create('w', simulation, { seed: 5, id: 'w', run: 'r' });
  for (let k = 0; k < cells; k++) world.spawn(Cell({ at: [k % 5, 0] }));
  await world.run({ steps: LAST });
  return world;
}

const open = (directory: string, tables = lancedb) =>
  openDurableStore({ directory, tables, graceSec: 0, cache: { flushRows: 15_000 } });
const inTickOrder = {
  ...lancedb,
  module: new URL('tick-order-tables.ts', import.meta.url).href,
};

/** How many ticks of tables share a span with others. */
function inSpans(directory: string): number {
  const database = new DatabaseSync(join(directory, 'catalog.db'), { readOnly: true });
  const [found] = database
    .prepare('select count(*) as ticks from places where span > rows')
    .all() as [{ ticks: number }];
  database.close();
  return found.ticks;
}

/** Spans of parts that are not listed any more. */
function leftSpans(directory: string): readonly unknown[] {
  const database = new DatabaseSync(join(directory, 'catalog.db'), { readOnly: true });
  const found = database
    .prepare('select part from spans where part not in (select part from parts)')
    .all();
  database.close();
  return found;
}

const queries: readonly QueryOptions<ColumnsOf<readonly [typeof Cell]>>[] = [
  { ticks: 'all', includeInactive: true },
  ...[0, 1, 7, 8, 63, 77, LAST - 2].map((ticks) => ({ ticks, includeInactive: true })),
  { ticks: { from: 3, to: 5 } },
  { ticks: { from: 6, to: 90 } },
  // Born at tick 34, within a span, and dead at tick 101.
  { ticks: 'all', entities: [600], includeInactive: true },
  { ticks: 'all', entities: [9, 18, 500, 640, 1_000, 90_000] },
  { ticks: { from: 5, to: 61 }, entities: [1, 2, 3] },
  { ticks: 40, entities: [9, 10] },
  // One table has all of these, which are then asked for in one go.
  { ticks: 'all', entities: [600, 3, 500], without: [Mark], includeInactive: true },
  { ticks: { from: 5, to: 100 }, without: [Mark], where: (c) => c.cell.age.gt(70) },
];

async function expectSame(store: Store, memory: Store, among = queries): Promise<void> {
  const [world, expected] = await Promise.all(
    [store, memory].map((each) => new Worlds(each).attach('w')),
  );
  for (const options of among) {
    const [found, wanted] = await Promise.all(
      [world, expected].map((each) => each!.query([Cell], options)),
    );
    expect(found!.numRows).toBeGreaterThan(0);
    expect(found!.equals(wanted!), JSON.stringify(options)).toBe(true);
  }
}

test('ticks that share spans of a part are read as they were written: whole, in ranges, by entity, by condition', async () => {
  const directory = await temporaryDirectory();
  const memory = new MemoryStore();
  const store = await open(directory);
  await Promise.all([begin(memory), begin(store)]);
  await store.compact();
  expect(inSpans(directory)).toBeGreaterThan(100);
  expect(leftSpans(directory)).toEqual([]);
  await expectSame(store, memory);
  expect(await store.verify()).toMatchObject({ sound: true });
  await store.close();
  await using again = await open(directory);
  await expectSame(again, memory);
});

test('what is asked of an entity is the same in memory, in the journal and in parts: its tables, and the tick of a move', async () => {
  const memory = new MemoryStore();
  await using store = await open(await temporaryDirectory());
  const worlds = [memory, store].map((each) =>
    new Worlds(each).create('m', simulation, { seed: 1, id: 'm', run: 'r' }),
  );
  for (const world of worlds) {
    world.spawn(Cell({ at: [0, 0] }));
    for (let k = 0; k < 2; k++) world.spawn(Cell({ at: [k, 0] }), Mark());
    await world.run({ steps: 3 });
    world.removeComponents(3, Mark);
    world.addComponents(1, Mark());
    await world.run({ steps: 3 });
  }
  for (const life of ['in the journal', 'in parts']) {
    if (life === 'in parts') await store.flush();
    for (const entities of [[1], [2], [3], [1, 2, 3]]) {
      for (const ticks of ['all', 5, { from: 2, to: 4 }] as const) {
        for (const asked of [{}, { without: [Mark] }, { includeInactive: true }]) {
          const options = { ticks, entities, ...asked };
          for (const components of [[Cell], [Cell, Mark]] as const) {
            const [wanted, found] = await Promise.all(
              worlds.map((world) => world.query(components as [typeof Cell], options)),
            );
            const same = found!.equals(wanted!);
            expect(same, `${life}, ${components.length}, ${JSON.stringify(options)}`).toBe(true);
          }
        }
      }
    }
  }
});

test('in a part, rows of neighbouring ticks lie in order of entity, then tick', async () => {
  const directory = await temporaryDirectory();
  const store = await open(directory);
  await begin(store);
  await store.compact();
  await store.close();
  const database = new DatabaseSync(join(directory, 'catalog.db'), { readOnly: true });
  const [place] = database
    .prepare(
      'select part, "offset", span, count(*) as ticks, sum(rows) as rows from places where span > rows group by part, "offset"',
    )
    .all() as [{ part: string; offset: number; span: number; ticks: number; rows: number }];
  database.close();
  expect(place.ticks).toBeGreaterThan(3);
  expect(place.rows).toBe(place.span);
  const connection = await connect(join(directory, 'lance'));
  const table = await connection.openTable(place.part);
  const rows = (await table
    .query()
    .select(['entity_id', 'tick'])
    .offset(place.offset)
    .limit(place.span)
    .toArray()) as { entity_id: number; tick: number }[];
  const keys = rows.map((row) => row.entity_id * 1_000 + row.tick);
  expect(keys).toEqual(keys.toSorted((a, b) => a - b));
  expect(new Set(rows.map(({ tick }) => tick)).size).toBe(place.ticks);
  table.close();
  connection.close();
});

test('the state at a tick within a span is that tick’s: a fork of it goes on as one in memory', async () => {
  const stores = [new MemoryStore(), await open(await temporaryDirectory())];
  const forks = await Promise.all(
    stores.map(async (store) => {
      const world = await begin(store);
      if ('compact' in store) await store.compact();
      const fork = await world.fork({ name: 'f', at: 61 });
      await fork.run({ steps: 3 });
      const rows = await fork.query([Cell], { ticks: { from: 50, to: 64 }, includeInactive: true });
      return rows.select('tick', 'entity_id', 'is_active', 'cell__age', 'cell__at');
    }),
  );
  expect(forks[1]!.equals(forks[0]!)).toBe(true);
  await (stores[1] as { close(): Promise<void> }).close();
});

test('of rows that are equally near, a search gives those of the first ticks, also out of spans', async () => {
  const memory = new MemoryStore();
  await using store = await open(await temporaryDirectory());
  const [expected, world] = await Promise.all([begin(memory), begin(store)]);
  await store.compact();
  for (const k of [1, 10, 450, 3_000]) {
    const [wanted, found] = await Promise.all(
      [expected, world].map((each) => each.search(Cell, 'at', [3, 0], { k, ticks: 'all' })),
    );
    expect(found!.equals(wanted!), String(k)).toBe(true);
  }
});

test('retention takes ticks out of spans; parts with spans are merged with later ones', async () => {
  const directory = await temporaryDirectory();
  const memory = new MemoryStore();
  await using store = await open(directory);
  const [expected, world] = await Promise.all([begin(memory), begin(store)]);
  await store.compact();
  await store.retain('w', { olderThan: 100, every: 4 });
  for (const life of ['thinned', 'merged', 'merged with later ticks']) {
    if (life !== 'thinned') await store.compact();
    for (const options of [
      { ticks: 'all', includeInactive: true },
      { ticks: 'all', includeInactive: true, entities: [3, 600], without: [Mark] },
    ] as const) {
      const [rows, all] = await Promise.all(
        [world, expected].map((each) => each.query([Cell], options)),
      );
      const wanted = all!.filter((c) => c.tick.ge(LAST - 100).or(c.tick.mod(4).eq(0)));
      expect(rows!.numRows).toBeGreaterThan(0);
      expect(rows!.equals(wanted), life).toBe(true);
    }
    expect(await store.verify(), life).toMatchObject({ sound: true });
    if (life === 'merged') {
      expect(inSpans(directory)).toBeGreaterThan(90);
      await Promise.all([world, expected].map((each) => each.run({ steps: 20 })));
      await store.flush();
    }
  }
});

/** A store whose parts are in spans, and whose catalog then says something else of them. */
async function withCatalog(change: string): Promise<DurableStore> {
  const directory = await temporaryDirectory();
  const store = await open(directory);
  await begin(store);
  await store.compact();
  await store.close();
  const database = new DatabaseSync(join(directory, 'catalog.db'));
  database.exec(change);
  database.close();
  return open(directory);
}

test('verify tells of a tick that has other rows in its span than the catalog says, and so does whoever reads it', async () => {
  await using again = await withCatalog(
    'update places set rows = rows - 1 where tick = 30 and span > rows',
  );
  const { sound, problems } = await again.verify();
  expect(sound).toBe(false);
  expect(problems.map(({ problem }) => problem)).toEqual([expect.stringContaining('at tick 30')]);
  const reader = await new Worlds(again).attach('w');
  await expect(reader.query([Cell], { ticks: 30 })).rejects.toMatchObject({ code: 'part_damaged' });
  expect((await reader.query([Cell], { ticks: 31 })).numRows).toBeGreaterThan(N);
});

test('verify tells of a span that has rows of other ticks than the catalog says', async () => {
  await using again = await withCatalog(
    'update spans set first_tick = first_tick + 1, last_tick = last_tick + 1 where first_tick > 0',
  );
  const { sound, problems } = await again.verify();
  expect(sound).toBe(false);
  expect(problems.map(({ problem }) => problem)).toEqual(
    expect.arrayContaining([expect.stringMatching(/has a row of tick \d+ .* of its span/)]),
  );
});

test('verify tells of a span that has other entities than the catalog says, and so does whoever asks for one', async () => {
  // Its first byte is how many ids there are before the first one.
  await using again = await withCatalog(`
    update spans set entities = unhex('02' || substr(hex(entities), 3)) where first_tick = 0;
    update parts set inactive = inactive + 1;
  `);
  const { problems } = await again.verify();
  expect(problems.map(({ problem }) => problem)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('other entities in its rows'),
      expect.stringContaining('that do not live'),
    ]),
  );
  const reader = await new Worlds(again).attach('w');
  await expect(
    reader.query([Cell], { ticks: 'all', entities: [2], without: [Mark] }),
  ).rejects.toMatchObject({ code: 'part_damaged' });
});

/** Cells get older in some ticks; in others, or if they are marked, their tables stay as they were. */
const aging = (grows: (tick: number) => boolean, without: readonly (typeof Mark)[]) =>
  defineSimulation({
    components: [Cell, Mark],
    processors: [
      defineProcessor({
        name: 'age',
        components: [Cell],
        without,
        process: (df, ctx) =>
          grows(ctx.tick) ? df.withColumns((c) => ({ cell__age: c.cell.age.add(1) })) : df,
      }),
    ],
  });

test.each([
  ['which all change in every tick', aging(() => true, [])],
  ['some of which stay as they are', aging((tick) => tick % 150 < 100, [Mark])],
])('what entities have in many ticks is found in tables %s', async (_, ages) => {
  const memory = new MemoryStore();
  await using store = await open(await temporaryDirectory());
  const begun = async (each: Store) => {
    const world = new Worlds(each).create('w', ages, { seed: 5, id: 'w', run: 'r' });
    for (let k = 0; k < 30; k++)
      world.spawn(...(k % 3 === 0 ? [Cell({ at: [k, 0] }), Mark()] : [Cell({ at: [k, 0] })]));
    await world.run({ steps: 699 });
    const fork = await world.fork({ name: 'f', at: 620 });
    await fork.run({ steps: 600 });
    if ('flush' in each) await (each as typeof store).flush();
    await Promise.all([world, fork].map((some) => some.run({ steps: 7 })));
    return [world, fork];
  };
  const [found, wanted] = await Promise.all([begun(store), begun(memory)]);
  const newest = found[0]!.tick;
  const plain = (rows: DataFrame<ColumnsOf<readonly [typeof Cell]>>) =>
    rows.select('tick', 'entity_id', 'is_active', 'cell__age', 'cell__at');
  for (const life of ['flushed', 'merged', 'thinned']) {
    if (life === 'merged') await store.compact();
    if (life === 'thinned') await store.retain('w', { olderThan: 90, every: 3 });
    for (const [k, world] of found.entries()) {
      for (const options of [
        { ticks: 'all', entities: [5] },
        { ticks: 'all', entities: [8, 2, 2, 99, -1, 0.5] },
        { ticks: { from: 0, to: 99 }, entities: [5, 6] },
        { ticks: { from: 17, to: 650 }, entities: [5, 4], without: [Mark] },
        { ticks: { from: 30, to: 1_219 }, entities: [2, 30] },
        { ticks: { from: 621, to: 1_214 }, entities: [5] },
        { ticks: world.tick - 2, entities: [5, 7] },
        { ticks: 690, entities: [5] },
      ] as const) {
        const [rows, all] = await Promise.all(
          [world, wanted[k]!].map((each) => each.query([Cell], options)),
        );
        const expected =
          life === 'thinned'
            ? all!.filter((c) =>
                c.tick
                  .ge(newest - 90)
                  .or(c.tick.mod(3).eq(0))
                  .or(c.tick.eq(620)),
              )
            : all!;
        const same = plain(rows!).equals(plain(expected));
        expect(same, `${life}, ${world.name}, ${JSON.stringify(options)}`).toBe(true);
      }
    }
  }
});

test('a catalog from before there were spans is brought up to date, and its ticks go into spans when parts are next merged', async () => {
  const directory = await temporaryDirectory();
  const memory = new MemoryStore();
  const store = await open(directory, inTickOrder);
  // Enough rows for an index.
  await Promise.all([memory, store].map((each) => begin(each, 2_000)));
  await store.compact();
  await expectSame(store, memory);
  await store.close();
  const database = new DatabaseSync(join(directory, 'catalog.db'));
  expect(database.prepare('select 1 from spans').all(), 'a part is in spans').toEqual([]);
  expect(database.prepare('select 1 from parts where indexed = 1').all()).toHaveLength(1);
  database.exec(`
    drop table spans;
    drop index places_apart;
    alter table parts drop column inactive;
    alter table places drop column span;
    drop table early_ends;
    pragma user_version = 4;
  `);
  database.close();
  await using again = await open(directory);
  await expectSame(again, memory);
  await Promise.all(
    [again, memory].map(async (each) =>
      (await new Worlds(each).resume('w', simulation)).run({ steps: 9 }),
    ),
  );
  await again.flush();
  await expectSame(again, memory);
  await again.compact();
  expect(inSpans(directory)).toBeGreaterThan(100);
  await expectSame(again, memory);
});
