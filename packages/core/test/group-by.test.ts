import {
  bool,
  defineComponent,
  f64,
  fromColumns,
  i32,
  i64,
  MemoryStore,
  timestamp,
  utf8,
  Worlds,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cellsOf } from './frame-of.ts';

const df = fromColumns(
  { k: utf8(), x: f64().nullable(), n: i32(), ok: bool() },
  {
    k: ['b', 'a', 'b', 'a', 'c'],
    x: [1, null, 4, null, Number.NaN],
    n: [3, 1, 2, 5, 4],
    ok: [true, false, false, false, true],
  },
);

describe('groupBy', () => {
  test('gives one row per group, in the order of the first rows, nulls passed over', () => {
    const groups = df.groupBy('k').agg((c) => ({
      rows: c.n.count(),
      seen: c.x.count(),
      sum: c.x.sum(),
      mean: c.n.mean(),
      least: c.x.min(),
      most: c.x.max(),
      first: c.x.first(),
      last: c.n.last(),
      any: c.ok.any(),
      all: c.ok.all(),
      odd: c.n.mul(2).sub(1).sum(),
    }));
    expect(groups.toRows()).toEqual([
      {
        k: 'b',
        rows: 2,
        seen: 2,
        sum: 5,
        mean: 2.5,
        least: 1,
        most: 4,
        first: 1,
        last: 2,
        any: true,
        all: false,
        odd: 8,
      },
      {
        k: 'a',
        rows: 2,
        seen: 0,
        sum: null,
        mean: 3,
        least: null,
        most: null,
        first: null,
        last: 5,
        any: false,
        all: false,
        odd: 10,
      },
      {
        k: 'c',
        rows: 1,
        seen: 1,
        sum: Number.NaN,
        mean: 4,
        least: Number.NaN,
        most: Number.NaN,
        first: Number.NaN,
        last: 4,
        any: true,
        all: true,
        odd: 7,
      },
    ]);
  });

  test('nulls are one group, NaNs are one, and 0 is -0; several keys make combinations', () => {
    const keys = fromColumns(
      { k: f64().nullable(), t: i32() },
      { k: [null, 0, Number.NaN, -0, null, Number.NaN], t: [1, 1, 1, 1, 2, 1] },
    );
    expect(
      keys
        .groupBy('k')
        .agg((c) => ({ n: c.t.count() }))
        .toRows(),
    ).toEqual([
      { k: null, n: 2 },
      { k: 0, n: 2 },
      { k: Number.NaN, n: 2 },
    ]);
    expect(
      cellsOf(
        keys.groupBy('k', 't').agg((c) => ({ n: c.t.count() })),
        'n',
      ),
    ).toEqual([1, 2, 2, 1]);
  });

  test('countDistinct, var, std and quantile are those of SQL', () => {
    const one = fromColumns(
      { g: i32(), x: f64(), t: utf8().nullable() },
      { g: [1, 1, 1, 1, 2], x: [2, 4, 4, 6, 7], t: ['a', null, 'a', 'b', null] },
    );
    const result = one.groupBy('g').agg((c) => ({
      kinds: c.t.countDistinct(),
      numbers: c.x.countDistinct(),
      variance: c.x.var(),
      deviation: c.x.std(),
      median: c.x.quantile(0.5),
      low: c.x.quantile(0),
      third: c.x.quantile(0.75),
    }));
    expect(result.toRows()).toEqual([
      {
        g: 1,
        kinds: 2,
        numbers: 3,
        variance: 8 / 3,
        deviation: Math.sqrt(8 / 3),
        median: 4,
        low: 2,
        third: 4.5,
      },
      { g: 2, kinds: 0, numbers: 1, variance: null, deviation: null, median: 7, low: 7, third: 7 },
    ]);
  });

  test('64-bit sums are exact, and refused where 64 bits cannot hold them', () => {
    const longs = (cells: readonly bigint[]) =>
      fromColumns({ g: i32(), n: i64() }, { g: cells.map(() => 1), n: cells });
    const sum = longs([2n ** 62n, 2n ** 62n - 1n])
      .groupBy('g')
      .agg((c) => ({ n: c.n.sum() }));
    expect(cellsOf(sum, 'n')).toEqual([2n ** 63n - 1n]);
    expect(() =>
      longs([2n ** 62n, 2n ** 62n])
        .groupBy('g')
        .agg((c) => ({ n: c.n.sum() })),
    ).toThrow(/sum gave 9223372036854775808, which 64 bits cannot hold/);
  });

  test('min and max follow the order of texts, enums and times', () => {
    const typed = fromColumns(
      { g: i32(), mood: z.enum(['calm', 'angry']), at: timestamp(), name: utf8() },
      {
        g: [1, 1],
        mood: ['angry', 'calm'],
        at: [new Date(5), new Date(3)],
        name: ['\u{1F642}', '\uFF5E'],
      },
    );
    const result = typed.groupBy('g').agg((c) => ({
      mood: c.mood.min(),
      at: c.at.min(),
      name: c.name.max(),
    }));
    expect(result.toRows()).toEqual([{ g: 1, mood: 'calm', at: new Date(3), name: '\u{1F642}' }]);
  });

  test('an aggregate over its group stands in every row of it, inside any expression', () => {
    const shares = df.withColumns((c) => ({
      share: c.n.div(c.n.sum().over('k')),
      above: c.n.gt(c.n.mean().over()),
      deep: c.n.sub(c.n.mean().over('k')).abs().max().over(),
    }));
    expect(cellsOf(shares, 'share')).toEqual([3 / 5, 1 / 6, 2 / 5, 5 / 6, 1]);
    expect(cellsOf(shares, 'above')).toEqual([false, false, false, true, true]);
    expect(cellsOf(shares, 'deep')).toEqual([2, 2, 2, 2, 2]);
    expect(
      cellsOf(
        df.filter((c) => c.n.eq(c.n.max().over('k'))),
        'n',
      ),
    ).toEqual([3, 5, 4]);
  });

  test('no rows give no groups and no rows', () => {
    const none = df.limit(0);
    const groups = none
      .groupBy('k')
      .agg((c) => ({ x: c.x.sum(), q: c.n.quantile(0.5), f: c.k.first() }));
    expect(groups.numRows).toBe(0);
    expect(groups.columnNames).toEqual(['k', 'x', 'q', 'f']);
    expect(none.withColumns((c) => ({ s: c.n.sum().over() })).numRows).toBe(0);
  });

  test('queries over ticks group by tick', async () => {
    const Coins = defineComponent('Coins', { n: f64(1) });
    const world = new Worlds(new MemoryStore()).create('w', { components: [Coins] }, { seed: 1 });
    world.spawnMany([[Coins()], [Coins({ n: 3 })]]);
    await world.run({ steps: 2 });
    const all = await world.query([Coins], { ticks: 'all' });
    expect(
      all
        .groupBy('tick')
        .agg((c) => ({ mean: c.coins.n.mean() }))
        .toRows(),
    ).toEqual([0, 1, 2].map((tick) => ({ tick, mean: 2 })));
  });
});

describe('what cannot be grouped or aggregated says why', () => {
  test('agg without a group, a value per row in agg, an aggregate in a row', () => {
    expect(() => (df.groupBy as () => unknown)()).toThrow(/groupBy needs a column to group by/);
    expect(() => df.groupBy('k').agg((c) => ({ x: c.n.add(1) }) as never)).toThrow(
      /agg was given a value per row for x, and a group has one/,
    );
    expect(() => df.withColumns((c) => ({ x: c.n.sum() }) as never)).toThrow(
      /sum\(\) is one value of many rows, and a value per row was needed; spread it with .over/,
    );
    expect(() => df.withColumns((c) => ({ x: c.n.div(c.n.sum() as never) }))).toThrow(
      /sum\(\) is one value/,
    );
  });

  test('unknown keys, wrong types, names taken, levels out of range', () => {
    expect(() => df.groupBy('kk' as never)).toThrow(/There is no column "kk"/);
    expect(() => df.withColumns((c) => ({ x: c.n.sum().over('kk') }))).toThrow(
      /There is no column "kk"/,
    );
    expect(() =>
      df.groupBy('k').agg((c) => ({ x: (c.k as never as { sum(): never }).sum() })),
    ).toThrow(/sum needs numbers; it was given utf8/);
    expect(() => df.groupBy('k').agg((c) => ({ k: c.n.sum() }))).toThrow(/a second column "k"/);
    expect(() => df.groupBy('k').agg((c) => ({ q: c.n.quantile(50) }))).toThrow(
      /give a number from 0 to 1/,
    );
  });
});
