import {
  defineComponent,
  defineProcessor,
  f64,
  MemoryStore,
  random,
  randomInt,
  randomNormal,
  Worlds,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { uniform } from '../src/random/threefry.ts';

describe('Threefry-2x32-20', () => {
  // Known answers of the authors' library Random123 (kat_vectors).
  test.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [-1, -1, -1, -1, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])('key %d %d, counter %d %d', (k0, k1, c0, c1, a, b) => {
    const expected = ((a >>> 5) * 67_108_864 + (b >>> 6)) / 2 ** 53;
    expect(uniform(k0 | 0, k1 | 0, c0 | 0, c1 | 0)).toBe(expected);
  });
});

const Draw = defineComponent('Draw', { u: f64(0), v: f64(0), n: f64(0), k: f64(0), l: f64(0) });
const draw = defineProcessor({
  name: 'draw',
  components: [Draw],
  process: (df) => {
    const shared = random();
    return df
      .withColumns(() => ({
        draw__u: shared,
        draw__v: random(),
        draw__n: randomNormal(5, 2),
        draw__k: randomInt(1, 7),
      }))
      .withColumns(() => ({ draw__l: random('named') }));
  },
});

const N = 20_000;
async function draws(seed: number, name = 'draw') {
  const processor = defineProcessor({ ...draw, name, process: draw.process as never });
  const world = new Worlds(new MemoryStore()).create('test', { processors: [processor] }, { seed });
  world.spawnMany(Array.from({ length: N }, () => [Draw()]));
  await world.run({ steps: 2 });
  return { one: await world.query([Draw], { ticks: 1 }), two: await world.query([Draw]), world };
}
const mean = (xs: ArrayLike<number>) => Array.from(xs).reduce((a, b) => a + b, 0) / xs.length;
const correlation = (xs: ArrayLike<number>, ys: ArrayLike<number>) => {
  const [mx, my] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < xs.length; i++) {
    xy += (xs[i]! - mx) * (ys[i]! - my);
    xx += (xs[i]! - mx) ** 2;
    yy += (ys[i]! - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
};
/** Five standard errors of a correlation of independent samples. */
const LIMIT = 5 / Math.sqrt(N);

describe('random columns', () => {
  test('are uniform, normal and whole where they say so', async () => {
    const { one } = await draws(1);
    const u = one.column('draw__u');
    const buckets = new Float64Array(20);
    for (const x of u) buckets[Math.floor(x * 20)]! += 1;
    const chi = buckets.reduce((sum, n) => sum + (n - N / 20) ** 2 / (N / 20), 0);
    expect(chi).toBeLessThan(50);
    const normal = one.column('draw__n');
    expect(mean(normal)).toBeCloseTo(5, 1);
    expect(Math.sqrt(mean(normal.map((x) => (x - 5) ** 2)))).toBeCloseTo(2, 1);
    expect(new Set(one.column('draw__k'))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });

  test('do not depend on each other between entities, ticks, draws and seeds', async () => {
    const { one, two } = await draws(1);
    const other = await draws(2);
    const u = one.column('draw__u');
    for (const ys of [
      one.column('draw__v'),
      one.column('draw__l'),
      two.column('draw__u'),
      other.one.column('draw__u'),
    ]) {
      expect(Math.abs(correlation(u, ys))).toBeLessThan(LIMIT);
    }
    expect(Math.abs(correlation(u.subarray(0, N - 1), u.subarray(1)))).toBeLessThan(LIMIT);
  });

  test('are the same for the same seed, and others for another seed or processor', async () => {
    const [a, b, c, d] = await Promise.all([draws(1), draws(1), draws(2), draws(1, 'other')]);
    expect(a.two.equals(b.two, { except: ['world_id', 'run_id'] })).toBe(true);
    expect(a.two.equals(c.two, { except: ['world_id', 'run_id'] })).toBe(false);
    expect(a.two.equals(d.two, { except: ['world_id', 'run_id'] })).toBe(false);
  });

  test('a fork shares them unless it is given another seed', async () => {
    const { world } = await draws(1);
    const [same, other] = [
      await world.fork({ name: 'same' }),
      await world.fork({ name: 'other', seed: 9 }),
    ];
    await Promise.all([world.step(), same.step(), other.step()]);
    const rows = await Promise.all([world, same, other].map((w) => w.query([Draw])));
    const except = ['world_id', 'run_id'];
    expect(rows[0]!.equals(rows[1]!, { except })).toBe(true);
    expect(rows[0]!.equals(rows[2]!, { except })).toBe(false);
  });
});

describe('ctx.random', () => {
  const Luck = defineComponent('Luck', { drawn: f64(0), again: f64(0) });
  const Tag = defineComponent('Tag');
  const lottery = defineProcessor({
    name: 'lottery',
    components: [Luck],
    process: (df, ctx) => {
      const number = ctx.random.uniform();
      const again = ctx.random.stream('other').integer(0, 1_000_000);
      return df.withColumns(() => ({ luck__drawn: number, luck__again: again }));
    },
  });
  const lucky = async (seed: number) => {
    const world = new Worlds(new MemoryStore()).create(
      'w',
      { components: [Tag], processors: [lottery] },
      { seed },
    );
    world.spawnMany([[Luck()], [Luck()]]);
    world.spawn(Luck(), Tag());
    await world.run({ steps: 2 });
    return (await world.query([Luck], { ticks: { from: 1, to: 2 } })).toRows();
  };

  test('gives each table and tick numbers of its own, the same for the same seed', async () => {
    const [a, b, c] = [await lucky(1), await lucky(1), await lucky(2)];
    const drawn = (rows: typeof a): number[] => rows.map((row) => row.luck__drawn);
    expect(drawn(a)).toEqual(drawn(b));
    expect(a.map((row) => row.luck__again)).toEqual(b.map((row) => row.luck__again));
    expect(new Set([...drawn(a), ...drawn(c)]).size).toBe(8);
    expect(drawn(a)[0]).toBe(drawn(a)[1]);
  });
});
