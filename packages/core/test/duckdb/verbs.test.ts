import { f64, fromRows, i32, toSql, utf8, type DataFrame } from '@archetype/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Duck, programs, sameCells, seed } from './duckdb.ts';

const fields = { g: i32().nullable(), h: utf8(), x: f64(), m: f64().nullable() };
const cell = fc.oneof(
  fc.constantFrom(0, -0, 1, Number.NaN, Infinity, -Infinity),
  fc.double({ min: -9, max: 9, noNaN: true }),
);
const row = fc.record({
  g: fc.option(fc.integer({ min: -2, max: 2 })),
  h: fc.constantFrom('', 'a', 'b', 'é', '🙂', '\uFF5E'),
  x: cell,
  m: fc.option(cell),
});
const eighths = fc.integer({ min: -80, max: 80 }).map((k) => k / 8);
const finite = fc.record({
  g: fc.option(fc.integer({ min: 0, max: 2 })),
  h: fc.constantFrom('a', 'b'),
  x: eighths,
  m: fc.option(eighths),
});
const rows = fc.array(row, { maxLength: 8 });
const names = fc.uniqueArray(fc.constantFrom('g', 'h', 'x', 'm'), { minLength: 1, maxLength: 3 });

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
  console.log(`seed ${seed}`);
});
afterAll(() => duck.close());

const cellsOf = (df: DataFrame): unknown[][] =>
  df.toRows().map((one: object) => Object.values(one));

async function expectSame(
  ours: DataFrame,
  frames: Readonly<Record<string, DataFrame>>,
  sql: string,
): Promise<void> {
  const theirs = await duck.rows(frames, sql);
  const mine = cellsOf(ours);
  const equal =
    mine.length === theirs.length &&
    mine.every(
      (one, k) =>
        one.length === theirs[k]!.length && one.every((c, j) => sameCells(c, theirs[k]![j])),
    );
  expect(equal, `ours ${print(mine)}, DuckDB's ${print(theirs)}: ${sql}`).toBe(true);
}
const print = (cells: unknown[][]): string =>
  cells.map((one) => `(${one.map(String).join(', ')})`).join(' ');
const each = async <T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  runs: number,
  predicate: (...args: T) => Promise<void>,
): Promise<void> =>
  fc.assert(fc.asyncProperty(...arbitraries, predicate), { numRuns: programs(runs), seed });

test('sort is ORDER BY with nulls last', async () => {
  const direction = fc.constantFrom('ascending', 'descending');
  await each([rows, names, direction], 500, async (given, by, order) => {
    const df = fromRows(fields, given);
    const keys = by.map((name) => ({ by: name, order }) as never);
    const sql = by.map((name) => `"${name}" ${order === 'ascending' ? 'asc' : 'desc'} nulls last`);
    await expectSame(
      df.sort(...keys),
      { df },
      `select g, h, x, m from df order by ${sql.join(', ')}, row`,
    );
  });
});

test('distinct is DISTINCT ON', async () => {
  await each([rows, names], 500, async (given, by) => {
    const df = fromRows(fields, given);
    const keys = by.map((name) => `"${name}"`).join(', ');
    await expectSame(
      df.distinct(...(by as 'g'[])),
      { df },
      `select g, h, x, m from (select *, row_number() over (partition by ${keys} order by row) as k from df) where k = 1 order by row`,
    );
  });
});

test('aggregates of groups are those of GROUP BY', async () => {
  await each([rows, names], 500, async (given, by) => {
    const df = fromRows(fields, given);
    const groups = df.groupBy(...(by as ['g'])).agg((c) => ({
      n: c.m.count(),
      kinds: c.m.countDistinct(),
      least: c.m.min(),
      most: c.m.max(),
      words: c.h.max(),
      first: c.g.first(),
      last: c.m.last(),
      some: c.m.gt(0).any(),
      every: c.m.gt(0).all(),
    }));
    const keys = by.map((name) => `"${name}"`).join(', ');
    await expectSame(
      groups,
      { df },
      `select ${by.map((name) => `first("${name}" order by row)`).join(', ')}, count(m), count(distinct m), min(m), max(m), max(h), first(g order by row), last(m order by row), bool_or(m > 0), bool_and(m > 0) from df group by ${keys} order by min(row)`,
    );
  });
});

test('sums, means, deviations and quantiles of finite numbers are those of GROUP BY', async () => {
  const levels = fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 0.9, 1);
  await each([fc.array(finite, { maxLength: 8 }), levels], 500, async (given, level) => {
    const df = fromRows(fields, given);
    const groups = df.groupBy('g').agg((c) => ({
      sum: c.m.sum(),
      mean: c.m.mean(),
      low: c.m.quantile(level),
      n: c.x.add(1).count(),
    }));
    await expectSame(
      groups,
      { df },
      `select first(g order by row), sum(m order by row), avg(m order by row), quantile_cont(m, ${level}), count(x + 1) from df group by g order by min(row)`,
    );
    const spread = df.groupBy('h').agg((c) => ({ v: c.m.var(), s: c.m.std() }));
    const theirs = await duck.rows(
      { df },
      `select h, var_samp(m), stddev_samp(m) from df group by h order by min(row)`,
    );
    cellsOf(spread).forEach((one, k) => {
      one.forEach((value, j) => {
        const other = theirs[k]![j];
        if (typeof value === 'number') expect(value).toBeCloseTo(other as number, 9);
        else expect(value).toBe(other);
      });
    });
  });
});

test('aggregates over groups are window functions', async () => {
  await each([fc.array(finite, { maxLength: 8 }), names], 500, async (given, by) => {
    const df = fromRows(fields, given);
    const keys = by.filter((name) => name !== 'x');
    const windowed = df.withColumns((c) => ({
      share: c.x.div(c.x.max().over(...keys)),
      n: c.m.count().over(),
    }));
    const over = keys.map((name) => `"${name}"`).join(', ');
    await expectSame(
      windowed.select('share', 'n'),
      { df },
      `select x / max(x) over (${over === '' ? '' : `partition by ${over}`}), count(m) over () from df order by row`,
    );
  });
});

test('join is JOIN, whatever the way', async () => {
  const how = fc.constantFrom('inner', 'left', 'semi', 'anti');
  const keys = fc.uniqueArray(fc.constantFrom<'g' | 'h' | 'm'>('g', 'h', 'm'), {
    minLength: 1,
    maxLength: 2,
  });
  await each([rows, rows, how, keys], 500, async (left, right, way, on) => {
    const [a, b] = [fromRows(fields, left), fromRows(fields, right)];
    const joined = a.join(b, { on: on as readonly 'g'[], how: way as 'inner' });
    const equal = on.map((name) => `a."${name}" = b."${name}"`).join(' and ');
    const added = ['g', 'h', 'x', 'm']
      .filter((name) => !on.includes(name as 'g'))
      .map((name) => `b."${name}"`);
    const sql =
      way === 'semi' || way === 'anti'
        ? `select a.g, a.h, a.x, a.m from a ${way} join b on ${equal} order by a.row`
        : `select ${['a.g', 'a.h', 'a.x', 'a.m', ...added].join(', ')} from a ${way} join b on ${equal} order by a.row, b.row`;
    await expectSame(joined, { a, b }, sql);
  });
});

test('a condition printed as SQL keeps the rows that filter keeps', async () => {
  await each([rows, cell], 500, async (given, than) => {
    const df = fromRows(fields, given);
    let sql = '';
    const kept = df.filter((c) => {
      const condition = c.m.eq(than).or(c.x.gt(than)).and(c.g.isNull().not());
      sql = toSql(condition);
      return condition;
    });
    await expectSame(kept, { df }, `select g, h, x, m from df where ${sql} order by row`);
  });
});
