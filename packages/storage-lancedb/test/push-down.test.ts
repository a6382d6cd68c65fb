import {
  defineComponent,
  defineProcessor,
  defineSimulation,
  f64,
  i32,
  MemoryStore,
  utf8,
  vector,
  when,
  Worlds,
  type Accessor,
  type ColumnsOf,
  type QueryOptions,
  type Store,
  type World,
} from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryDirectory } from './walkers.ts';

const Agent = defineComponent('Agent', {
  /** Values whose order engines disagree about. */
  mass: f64(0),
  maxSpeed: i32(0),
  mood: z.enum(['calm', 'angry']).default('calm'),
  note: utf8(''),
  age: f64(0).nullable(),
  place: vector(3),
});
const odd = [1.5, -1.5, 0, -0, 1e300, 5e-324];

const simulation = defineSimulation({
  components: [Agent],
  processors: [
    defineProcessor({
      name: 'turn',
      components: [Agent],
      process: (df) =>
        df.withColumns((c) => ({
          agent__maxSpeed: c.agent.maxSpeed.add(1),
          // Infinities, and what is not a number.
          agent__mass: when(c.agent.maxSpeed.mod(5).eq(0))
            .then(c.agent.mass.div(0))
            .otherwise(c.agent.mass),
        })),
    }),
  ],
});

const N = 3_000;
const TICKS = 12;

async function run(store: Store): Promise<World> {
  const world = new Worlds(store).create('w', simulation, { seed: 5, id: 'w', run: 'r' });
  for (let k = 0; k < N; k++) {
    world.spawn(
      Agent({
        mass: odd[k % odd.length]!,
        maxSpeed: k % 17,
        mood: k % 3 === 0 ? 'angry' : 'calm',
        note: k % 5 === 0 ? "it's" : `n${k % 7}`,
        age: k % 4 === 0 ? null : k,
        place: [Math.sin(k), Math.cos(k * 2), (k % 100) / 100],
      }),
    );
  }
  await world.run({ steps: 3 });
  for (let k = 0; k < 40; k++) world.despawn(k * 3 + 1);
  await world.run({ steps: TICKS - 4 });
  return world;
}

const queries: Readonly<Record<string, QueryOptions<ColumnsOf<readonly [typeof Agent]>>>> = {
  'one entity': { entities: [17] },
  'entities, one of which never was': { entities: [5, 4000, 90_000] },
  'no entities': { entities: [] },
  'one that died, its tombstone too': { entities: [4], includeInactive: true },
  'a whole number': { where: (c) => c.agent.maxSpeed.ge(20) },
  'a literal on the left': { where: (c) => c.agent.maxSpeed.neg().lt(-15) },
  'a float above': { where: (c) => c.agent.mass.gt(1) },
  'a float below': { where: (c) => c.agent.mass.lt(-1) },
  'a float that is not': { where: (c) => c.agent.mass.ne(1.5) },
  'zero, whichever sign': { where: (c) => c.agent.mass.eq(0) },
  'at least zero': { where: (c) => c.agent.mass.ge(0) },
  'a text with a quote': { where: (c) => c.agent.note.eq("it's") },
  'a member': { where: (c) => c.agent.mood.eq('angry') },
  'a cell that may be null': { where: (c) => c.agent.age.gt(2_500) },
  'null is false, and so is its opposite': { where: (c) => c.agent.age.gt(2_500).not() },
  'and, with something no engine is asked for': {
    where: (c) => c.agent.maxSpeed.gt(15).and(c.agent.note.startsWith('n1')),
  },
  or: { where: (c) => c.agent.maxSpeed.gt(25).or(c.agent.mass.gt(1e200)) },
  'an aggregate is over all rows of its tick': {
    where: (c) => c.agent.maxSpeed.gt(c.agent.maxSpeed.mean().over()),
  },
  'a tick': { where: (c) => c.tick.eq(7) },
  'an entity by condition': { where: (c) => c.entity_id.between(10, 20) },
};

test.each([false, true])(
  'what is left to the engine gives the rows that memory gives (parts merged: %s)',
  async (merged) => {
    const directory = await temporaryDirectory();
    const store = await openDurableStore({
      directory,
      tables: lancedb,
      graceSec: 0,
      cache: { flushRows: 9_000 },
    });
    const memory = await run(new MemoryStore());
    const world = await run(store);
    await (merged ? store.compact() : store.flush());
    await world.step();
    await memory.step();
    for (const [name, options] of Object.entries(queries)) {
      for (const ticks of ['all', { from: 2, to: 9 }, 'newest'] as const) {
        const [expected, found] = await Promise.all(
          [memory, world].map((each) => each.query([Agent], { ...options, ticks })),
        );
        expect(found!.equals(expected!), `${name}, ${JSON.stringify(ticks)}`).toBe(true);
      }
    }
    await store.close();
  },
);

test.each(['l2', 'cosine', 'dot'] as const)(
  'a search gives the nearest rows of parts and memory together, as if all were compared: %s',
  async (metric) => {
    const store = await openDurableStore({
      directory: await temporaryDirectory(),
      tables: lancedb,
    });
    const memory = await run(new MemoryStore());
    const world = await run(store);
    await store.compact();
    await world.run({ steps: 2 });
    await memory.run({ steps: 2 });
    const to = [0.3, -0.2, 0.5];
    for (const options of [
      {},
      { k: 50, ticks: 'all' },
      { k: 7, ticks: { from: 3, to: 6 } },
      {
        k: 5,
        ticks: 'all',
        where: (c: Accessor<ColumnsOf<readonly [typeof Agent]>>) => c.agent.mood.eq('angry'),
      },
    ] as const) {
      const [expected, found] = await Promise.all(
        [memory, world].map((each) => each.search(Agent, 'place', to, { ...options, metric })),
      );
      expect(found!.numRows).toBeGreaterThan(0);
      expect(found!.equals(expected!), JSON.stringify(options)).toBe(true);
    }
    const [nearest] = (await world.search(Agent, 'place', to, { k: 1, metric })).toRows();
    expect(nearest!.distance).toBeTypeOf('number');
    await store.close();
  },
);

test('a search of a thinned past gives as many rows as were asked for, whatever ticks that are gone had', async () => {
  await using store = await openDurableStore({
    directory: await temporaryDirectory(),
    tables: lancedb,
  });
  const Mark = defineComponent('Mark', { nr: f64(0), place: vector(2) });
  const entities = 5_000;
  const world = new Worlds(store).create('w', {}, { seed: 1 });
  const ids = Array.from({ length: entities }, (_, k) =>
    world.spawn(Mark({ nr: k, place: [0, 0] })),
  );
  for (let k = 0; k < 16; k++) {
    // Each tick has a stretch of the line for itself.
    const start = (world.tick + 1) * 10_000;
    ids.forEach((id, nr) => world.update(id, Mark, { place: [start + nr, 0] }));
    await world.step();
  }
  await store.retain(world.info().id, { olderThan: 0, every: 4 });
  const search = async (x: number) =>
    (await world.search(Mark, 'place', [x, 0], { k: 5, ticks: 'all' })).select('tick', 'mark__nr');
  const [inGone, inKept] = [await search(67_000), await search(80_000)];
  expect(inKept.toRows().map((row) => [row.tick, row.mark__nr])).toEqual(
    [0, 1, 2, 3, 4].map((nr) => [8, nr]),
  );
  // Ticks 4 and 8 are as near as it gets; the first of tick 8 are nearer than the last of tick 4.
  expect(inGone.toRows().map((row) => [row.tick, row.mark__nr])).toEqual(
    [0, 1, 2, 3, 4].map((nr) => [8, nr]),
  );
  await store.compact();
  expect((await search(67_000)).equals(inGone)).toBe(true);
  expect((await search(80_000)).equals(inKept)).toBe(true);
});

test('a search in a field that older parts do not have takes its default there', async () => {
  const directory = await temporaryDirectory();
  const options = { directory, tables: lancedb, cache: { idleSec: 1e6 } };
  const Old = defineComponent('Mark', { nr: f64(0) });
  const Mark = defineComponent('Mark', {
    nr: f64(0),
    place: vector(2).default(() => new Float32Array(2)),
  });
  {
    await using store = await openDurableStore(options);
    const world = new Worlds(store).create('w', {}, { seed: 1 });
    for (let k = 0; k < 20_000; k++) world.spawn(Old({ nr: k }));
    await world.step();
  }
  await using store = await openDurableStore(options);
  const world = await new Worlds(store).resume('w', { components: [Mark] });
  const found = await world.search(Mark, 'place', [1, 0], { k: 3, ticks: 'all' });
  expect(found.select('mark__nr', 'distance').toRows()).toEqual(
    [0, 1, 2].map((nr) => ({ mark__nr: nr, distance: 1 })),
  );
});

test('a search asked for wrongly says what it takes', async () => {
  const world = new Worlds(new MemoryStore()).create('w', simulation);
  world.spawn(Agent({ place: [0, 0, 1] }));
  await world.step();
  await expect(world.search(Agent, 'plase' as never, [1, 2, 3])).rejects.toMatchObject({
    code: 'unknown_column',
    message: expect.stringContaining('did you mean "place"'),
  });
  await expect(world.search(Agent, 'mass' as never, [1])).rejects.toMatchObject({
    code: 'unknown_column',
    message: expect.stringContaining('f64'),
  });
  await expect(world.search(Agent, 'place', [1, 2])).rejects.toMatchObject({
    code: 'invalid_value',
    message: expect.stringContaining('3 finite numbers'),
  });
  await expect(world.search(Agent, 'place', [1, 2, Number.NaN])).rejects.toMatchObject({
    code: 'invalid_value',
  });
  await expect(world.search(Agent, 'place', [1, 2, 3], { k: 0 })).rejects.toMatchObject({
    code: 'invalid_argument',
  });
});
