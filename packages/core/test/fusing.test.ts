import type { Frame } from '@archetype/core';
import {
  defineComponent,
  defineProcessor,
  f64,
  fromColumns,
  i32,
  MemoryStore,
  random,
  Worlds,
  type DataFrame,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';

const waits = (df: DataFrame, name: string): boolean =>
  (df as unknown as Frame).at(name).pending !== undefined;

describe('evaluation is deferred', () => {
  const df = fromColumns({ x: f64(), n: i32() }, { x: [1, 2, 3], n: [1, 2, 2147483647] });

  test('steps that follow each other are computed together, and what nobody reads is not', () => {
    const first = df.withColumns((c) => ({ y: c.x.mul(2) }));
    const second = first.withColumns((c) => ({ y: c.y.add(1), z: c.y.add(c.x) }));
    expect([waits(first, 'y'), waits(second, 'y')]).toEqual([true, true]);
    expect([...second.column('z')]).toEqual([3, 6, 9]);
    expect([waits(first, 'y'), waits(second, 'y'), waits(second, 'z')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([...second.column('y')]).toEqual([3, 5, 7]);
    expect([...first.column('y')]).toEqual([2, 4, 6]);
  });

  test('names and types are checked at the call, cells when they are read', () => {
    expect(() => df.withColumns((c) => ({ y: (c as any).nope }))).toThrow(
      /There is no column "nope"/,
    );
    const late = df.withColumns((c) => ({ n: c.n.add(1) }));
    expect(() => late.column('n')).toThrow(/gave 2147483648 in row 2/);
    expect(() => late.column('n')).toThrow(/gave 2147483648 in row 2/);
    const replaced = late.withColumns(() => ({ n: 7 }));
    expect([...replaced.column('n')]).toEqual([7, 7, 7]);
  });

  test('every verb that looks at cells computes them', () => {
    const twice = df.withColumns((c) => ({ y: c.x.mul(-2) }));
    expect([...twice.sort('y').column('x')]).toEqual([3, 2, 1]);
    const again = () => df.withColumns((c) => ({ y: c.x.mul(-2) }));
    expect(again().filter((c) => c.y.lt(-3)).numRows).toBe(2);
    expect(again().slice(1, 2).toRows()[0]!.y).toBe(-4);
    expect(again().distinct('y').numRows).toBe(3);
    expect(again().concat(again()).column('y')).toHaveLength(6);
    expect(
      again()
        .groupBy('y')
        .agg((c) => ({ n: c.y.count() })).numRows,
    ).toBe(3);
    expect(again().join(again(), { on: 'y', how: 'semi' }).numRows).toBe(3);
    expect(
      again()
        .kernel(['x'], (out, cols, n) => {
          for (let i = 0; i < n; i++) out.x[i] = cols.y[i]!;
        })
        .column('x'),
    ).toEqual(new Float64Array([-2, -4, -6]));
    expect(again().equals(again())).toBe(true);
    expect(String(again())).toContain('-6');
  });

  test('a chain of thousands of steps is computed on the way, with the same result', () => {
    let chain = df;
    for (let k = 0; k < 5000; k++) chain = chain.withColumns((c) => ({ x: c.x.add(1) }));
    expect([...chain.column('x')]).toEqual([5001, 5002, 5003]);
  });

  test('a column that doubles at every step does not double its work', () => {
    let chain = df;
    for (let k = 0; k < 60; k++) chain = chain.withColumns((c) => ({ x: c.x.add(c.x).mul(0.5) }));
    expect([...chain.column('x')]).toEqual([1, 2, 3]);
  });
});

describe('processors fuse', () => {
  const A = defineComponent('A', { x: f64(0), n: i32(0) });
  const worldOf = (...processors: ReturnType<typeof defineProcessor>[]) => {
    const world = new Worlds(new MemoryStore()).create('w', { processors }, { seed: 3 });
    world.spawnMany([[A({ x: 1 })], [A({ x: 2, n: 2147483647 })]]);
    return world;
  };
  const noise = defineProcessor({
    name: 'noise',
    components: [A],
    process: (df) => df.withColumns((c) => ({ a__x: c.a.x.add(random()) })),
  });
  const double = defineProcessor({
    name: 'double',
    components: [A],
    process: (df) => df.withColumns((c) => ({ a__x: c.a.x.mul(2) })),
  });
  const look = defineProcessor({
    name: 'look',
    components: [A],
    process: (df) => {
      df.column('a__x');
      return df;
    },
  });

  test('with the same cells as when somebody looks between them', async () => {
    const [fused, seen] = [worldOf(noise, double), worldOf(noise, look, double)];
    await Promise.all([fused.run({ steps: 3 }), seen.run({ steps: 3 })]);
    const rows = await Promise.all(
      [fused, seen].map((world) => world.query([A], { ticks: 'all' })),
    );
    expect(rows[0]!.equals(rows[1]!, { except: ['world_id', 'run_id'] })).toBe(true);
  });

  test('and an impossible cell is told of the processor that asked for it, whoever reads it', async () => {
    const overflow = defineProcessor({
      name: 'overflow',
      components: [A],
      process: (df) => df.withColumns((c) => ({ a__n: c.a.n.add(1) })),
    });
    const reader = defineProcessor({
      name: 'reader',
      components: [A],
      process: (df) => {
        df.column('a__n');
        return df;
      },
    });
    for (const processors of [[overflow, double], [overflow, reader], [overflow]]) {
      const world = worldOf(...processors);
      await world.run({ steps: 0 });
      await expect(world.step()).rejects.toMatchObject({
        code: 'processor_failed',
        message: expect.stringContaining('Processor "overflow" on A'),
      });
      expect(world.tick).toBe(0);
      world.processors.remove('overflow');
      await world.step();
      expect(world.tick).toBe(1);
    }
  });
});
