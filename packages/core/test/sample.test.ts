import {
  defineComponent,
  defineProcessor,
  f64,
  fromColumns,
  i32,
  MemoryStore,
  utf8,
  Worlds,
} from '@archetype/core';
import { expect, test } from 'vitest';

const n = 10_000;
const df = fromColumns({ x: i32() }, { x: Int32Array.from({ length: n }, (_, k) => k) });

test('sample takes distinct rows in their order, the same for the same seed and label', () => {
  const some = df.sample(500, { seed: 1 }).column('x');
  expect(some).toHaveLength(500);
  expect(new Set(some).size).toBe(500);
  expect(some).toEqual(some.toSorted());
  expect(df.sample(500, { seed: 1 }).column('x')).toEqual(some);
  expect(df.sample(500, { seed: 2 }).column('x')).not.toEqual(some);
  expect(df.sample(500, { seed: 1, label: 'other' }).column('x')).not.toEqual(some);
  expect([df.sample(0, { seed: 1 }).numRows, df.sample(n + 1, { seed: 1 })]).toEqual([0, df]);
});

test('every row has the same chance', () => {
  const hits = new Int32Array(20);
  for (let seed = 0; seed < 200; seed++) {
    for (const row of df.limit(20).sample(5, { seed }).column('x')) hits[row]!++;
  }
  // 200 draws of 5 out of 20: 50 hits each; chi-square with 19 degrees of freedom, p = 0.001.
  const chi = hits.reduce((sum, h) => sum + (h - 50) ** 2 / 50, 0);
  expect(chi).toBeLessThan(43.8);
});

test('outside a processor it needs a seed; inside it follows from the world', async () => {
  expect(() => df.sample(1)).toThrow(/give a seed, for example sample\(10, \{ seed: 1 \}\)/);
  expect(() => df.sample(1.5, { seed: 1 })).toThrow(/sample was told 1.5 rows/);
  const A = defineComponent('A', { hit: f64(0) });
  const lottery = defineProcessor({
    name: 'lottery',
    components: [A],
    process: (rows, ctx) => {
      for (const { entity_id } of rows.sample(1)) ctx.update(entity_id, A, { hit: 1 });
      return rows;
    },
  });
  const winners = async (): Promise<unknown> => {
    const world = new Worlds(new MemoryStore()).create('w', { processors: [lottery] }, { seed: 5 });
    world.spawnMany(Array.from({ length: 100 }, () => [A()]));
    await world.run({ steps: 5 });
    return (await world.query([A], { where: (c) => c.a.hit.gt(0) })).column('entity_id');
  };
  const first = await winners();
  expect(first).toEqual(await winners());
  expect((first as Int32Array).length).toBeGreaterThan(2);
});

test('describe says of each column what it holds', () => {
  const described = fromColumns(
    { x: f64().nullable(), t: utf8() },
    { x: [1, 2, null, 4, 9], t: ['a', 'b', 'c', 'd', 'e'] },
  ).describe();
  expect(described.toRows()).toEqual([
    {
      column: 'x',
      type: 'f64?',
      count: 4,
      nulls: 1,
      mean: 4,
      std: expect.closeTo(Math.sqrt(38 / 3), 12),
      min: 1,
      q25: 1.75,
      median: 3,
      q75: 5.25,
      max: 9,
    },
    {
      column: 't',
      type: 'utf8',
      count: 5,
      nulls: 0,
      mean: null,
      std: null,
      min: null,
      q25: null,
      median: null,
      q75: null,
      max: null,
    },
  ]);
  expect(df.limit(0).describe().toRows()[0]).toMatchObject({ count: 0, mean: null, max: null });
});

test('a million rows are shown at once', () => {
  const million = 1_000_000;
  const large = fromColumns(
    { x: f64(), name: utf8() },
    { x: new Float64Array(million), name: Array.from({ length: million }, (_, k) => `n${k}`) },
  );
  const started = performance.now();
  const text = large.withColumns((c) => ({ y: c.x.add(1) })).toString();
  expect(text.split('\n').at(-1)).toBe('1000000 rows, the first 20 shown');
  expect(performance.now() - started).toBeLessThan(100);
});
