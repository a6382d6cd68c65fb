import {
  ArchetypeError,
  bool,
  f64,
  fromColumns,
  fromRows,
  i32,
  i64,
  lit,
  timestamp,
  utf8,
  vector,
  when,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof ArchetypeError ? `${error.code}: ${error.message}` : String(error);
  }
  return 'no error';
};

/** `when` for expressions whose types the test does not know. */
const choose = when as unknown as (test: any) => any;

describe('text', () => {
  const df = fromColumns(
    { t: utf8(), n: utf8().nullable(), m: z.enum(['calm', 'angry']) },
    {
      t: ['Añ🙂b', '', '  x y ', 'a,b,,c'],
      n: ['q', null, 'x', 'b,'],
      m: ['calm', 'angry', 'calm', 'calm'],
    },
  );
  const text = (build: (c: any) => unknown): unknown[] =>
    df
      .withColumns((c) => ({ out: build(c) as never }))
      .toRows()
      .map((row) => (row as { out: unknown }).out);

  test.each<[string, (c: any) => unknown, unknown[]]>([
    ['length counts code points', (c) => c.t.length(), [4, 0, 6, 6]],
    ['length of an enum', (c) => c.m.length(), [4, 5, 4, 4]],
    [
      'lower and upper',
      (c) => c.t.lower().concat('|', c.t.upper()),
      ['añ🙂b|AÑ🙂B', '|', '  x y |  X Y ', 'a,b,,c|A,B,,C'],
    ],
    ['trim takes spaces', (c) => c.t.trim(), ['Añ🙂b', '', 'x y', 'a,b,,c']],
    ['contains, with a null beside', (c) => c.t.contains(c.n), [false, null, true, true]],
    [
      'startsWith and endsWith',
      (c) => c.t.startsWith('A').or(c.t.endsWith('c')),
      [true, false, false, true],
    ],
    [
      'replace takes every occurrence, and no pattern',
      (c) => c.t.replace(',', '$&'),
      ['Añ🙂b', '', '  x y ', 'a$&b$&$&c'],
    ],
    [
      'replace of nothing changes nothing',
      (c) => c.t.replace('', '-'),
      ['Añ🙂b', '', '  x y ', 'a,b,,c'],
    ],
    ['split', (c) => c.t.split(','), [['Añ🙂b'], [''], ['  x y '], ['a', 'b', '', 'c']]],
    ['split into code points', (c) => c.t.split('').length(), [4, 1, 6, 6]],
    ['slice', (c) => c.t.slice(1, 3), ['ñ🙂', '', ' x', ',b']],
    ['slice from the end', (c) => c.t.slice(-2), ['🙂b', '', 'y ', ',c']],
    ['slice by a column', (c) => c.t.slice(0, c.t.length().sub(1)), ['Añ🙂', '', '  x y', 'a,b,,']],
    ['comparison of lengths', (c) => c.t.length().gt(4), [false, false, true, true]],
    [
      'an item of a split',
      (c) => c.t.split(',').get(1).fillNull('none'),
      ['none', 'none', 'none', 'b'],
    ],
    [
      'what follows an item that is not there',
      (c) => c.t.split(',').get(3).isNull(),
      [true, true, true, false],
    ],
  ])('%s', (_name, build, expected) => {
    expect(text(build)).toEqual(expected);
  });
});

describe('lists and vectors', () => {
  const df = fromRows(
    {
      l: z.array(f64()),
      holes: z.array(i32().nullable()),
      moods: z.array(z.enum(['calm', 'angry'])),
      flags: z.array(bool()).nullable(),
      v: vector(2),
      w: vector(2),
    },
    [
      {
        l: [1, Number.NaN, 3],
        holes: [1, null],
        moods: ['angry'],
        flags: [true, false],
        v: [3, 4],
        w: [0, 2],
      },
      { l: [], holes: [], moods: [], flags: null, v: [0, 0], w: [1, 1] },
    ],
  );
  const cells = (build: (c: any) => unknown): unknown[] =>
    df
      .withColumns((c) => ({ out: build(c) as never }))
      .toRows()
      .map((row) => (row as { out: unknown }).out);

  test.each<[string, (c: any) => unknown, unknown[]]>([
    ['length', (c) => c.l.length().add(c.v.length()), [5, 2]],
    ['length of a list that may be null', (c) => c.flags.length(), [2, null]],
    ['get, from both ends', (c) => c.l.get(0).fillNull(c.l.get(-1)), [1, null]],
    ['get beyond the end', (c) => c.l.get(7), [null, null]],
    ['get beyond the end of a vector', (c) => c.v.get(7), [null, null]],
    ['get of an item that is null', (c) => c.holes.get(1), [null, null]],
    [
      'get of booleans and enums',
      (c) => c.flags.get(1).or(c.moods.get(0).eq('angry')),
      [true, null],
    ],
    ['get of a vector', (c) => c.v.get(1), [4, 0]],
    ['contains knows NaN', (c) => c.l.contains(Number.NaN), [true, false]],
    [
      'contains is null where an item is null and none equals',
      (c) => c.holes.contains(2),
      [null, false],
    ],
    ['contains finds beside nulls', (c) => c.holes.contains(1), [true, false]],
    ['contains of an enum', (c) => c.moods.contains('angry'), [true, false]],
    ['dot', (c) => c.v.dot(c.w), [8, 0]],
    ['cosine is NaN without a direction', (c) => c.v.cosine([0, 1]), [0.8, Number.NaN]],
    ['l2', (c) => c.v.l2(new Float32Array([0, 0])), [5, 0]],
    [
      'lists chosen',
      (c) => choose(c.l.length().gt(0)).then(c.l).otherwise(c.l),
      [[1, Number.NaN, 3], []],
    ],
    [
      'vectors chosen',
      (c) => choose(c.v.get(0).gt(0)).then(c.w).otherwise(c.v),
      [new Float32Array([0, 2]), new Float32Array([0, 0])],
    ],
  ])('%s', (_name, build, expected) => {
    expect(cells(build)).toEqual(expected);
  });

  test('a vector of wrong length and an array without a type say so', () => {
    expect(message(() => cells((c) => c.v.dot([1, 2, 3])))).toBe(
      'length_mismatch: A vector of 3 numbers stands beside a column of type vector(2); give 2 numbers.',
    );
    expect(message(() => cells((c) => c.l.eq([1])))).toMatch(
      /type_mismatch: eq needs two cells of one type/,
    );
    expect(message(() => cells((c) => c.l.dot(c.v)))).toMatch(
      /dot needs two vectors of one length; it was given list<f64> and vector\(2\)/,
    );
    expect(message(() => cells(() => lit([1] as never)))).toMatch(
      /needs a list or a vector of numbers beside it/,
    );
  });
});

describe('times', () => {
  const df = fromColumns(
    { t: timestamp(), s: utf8() },
    {
      t: [
        new Date('2024-02-29T23:59:58.125Z'),
        new Date('1969-12-31T23:59:59.999Z'),
        new Date('0001-01-01T00:00:00Z'),
      ],
      s: ['2024-02-29 10:00', '2024-02-29T10:00:00+02:00', 'soon'],
    },
  );
  const iso = (build: (c: any) => unknown): unknown[] =>
    df
      .withColumns((c) => ({ out: build(c) as never }))
      .toRows()
      .map((row) => (row as { out: unknown }).out)
      .map((cell) => (cell instanceof Date ? cell.toISOString() : cell));

  test.each<[string, (c: any) => unknown, unknown[]]>([
    [
      'year, month, day',
      (c) => c.t.year().mul(10000).add(c.t.month().mul(100)).add(c.t.day()),
      [20240229, 19691231, 10101],
    ],
    [
      'hour, minute, second',
      (c) => c.t.hour().mul(10000).add(c.t.minute().mul(100)).add(c.t.second()),
      [235958, 235959, 0],
    ],
    ['weekday begins on Monday', (c) => c.t.weekday(), [4, 3, 1]],
    [
      'truncate to day',
      (c) => c.t.truncate('day'),
      ['2024-02-29T00:00:00.000Z', '1969-12-31T00:00:00.000Z', '0001-01-01T00:00:00.000Z'],
    ],
    [
      'truncate to week',
      (c) => c.t.truncate('week'),
      ['2024-02-26T00:00:00.000Z', '1969-12-29T00:00:00.000Z', '0001-01-01T00:00:00.000Z'],
    ],
    [
      'truncate to month',
      (c) => c.t.truncate('month'),
      ['2024-02-01T00:00:00.000Z', '1969-12-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z'],
    ],
    [
      'truncate to year',
      (c) => c.t.truncate('year'),
      ['2024-01-01T00:00:00.000Z', '1969-01-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z'],
    ],
    ['milliseconds', (c) => c.t.addMs(0.9).msSince(c.t.truncate('second')), [125, 999, 0]],
    ['since 1970', (c) => c.t.epochMs().round(), [1709251198125, -1, -62135596800000]],
    [
      'as text',
      (c) => c.t.cast('utf8'),
      ['2024-02-29T23:59:58.125Z', '1969-12-31T23:59:59.999Z', '0001-01-01T00:00:00.000Z'],
    ],
    [
      'from text',
      (c) => c.s.tryCast('timestamp'),
      ['2024-02-29T10:00:00.000Z', '2024-02-29T08:00:00.000Z', null],
    ],
  ])('%s', (_name, build, expected) => {
    expect(iso(build)).toEqual(expected);
  });

  test('a time that no Date can hold and an unknown unit say so', () => {
    expect(message(() => iso((c) => c.t.addMs(1e17)))).toMatch(
      /value_out_of_range: An expression gave \d+ in row 0, and timestamp needs a point in time/,
    );
    expect(message(() => iso((c) => c.t.truncate('decade')))).toMatch(
      /it takes one of year, month, week, day/,
    );
  });
});

describe('casts', () => {
  const df = fromColumns(
    { x: f64(), t: utf8(), n: i32(), big: i64() },
    {
      x: [2.5, 3.5, -2.5, 1e300, Number.NaN],
      t: ['12', ' -1.5e2 ', 'abc', 'Infinity', 'true'],
      n: [1, 0, -1, 2147483647, -2147483648],
      big: [1n, 2n ** 62n, -1n, 0n, 2n ** 53n + 1n],
    },
  );
  const cells = (build: (c: any) => unknown): unknown[] =>
    df
      .withColumns((c) => ({ out: build(c) as never }))
      .toRows()
      .map((row) => (row as { out: unknown }).out);

  test.each<[string, (c: any) => unknown, unknown[] | 'error']>([
    [
      'a cast rounds half to even, and tryCast gives null for what does not fit',
      (c) => c.x.tryCast('i32'),
      [2, 4, -2, null, null],
    ],
    ['to 64 bits', (c) => c.x.tryCast('i64'), [2n, 4n, -2n, null, null]],
    ['text to numbers', (c) => c.t.tryCast('f64'), [12, -150, null, Infinity, null]],
    ['text to whole numbers', (c) => c.t.tryCast('i32'), [12, -150, null, null, null]],
    ['text to 64 bits', (c) => c.t.tryCast('i64'), [12n, -150n, null, null, null]],
    ['text to booleans', (c) => c.t.tryCast('bool'), [null, null, null, null, true]],
    ['64 bits to 32', (c) => c.big.tryCast('i32'), [1, null, -1, 0, null]],
    ['64 bits to floats, rounded', (c) => c.big.cast('f64'), [1, 2 ** 62, -1, 0, 2 ** 53]],
    ['numbers to text', (c) => c.n.cast('utf8'), ['1', '0', '-1', '2147483647', '-2147483648']],
    [
      'a result of tryCast may be null even where none is',
      (c) => c.n.tryCast('f64').isNull(),
      [false, false, false, false, false],
    ],
    [
      'a failing cast that is not chosen does no harm',
      (c) => choose(c.x.lt(1e9)).then(c.x.cast('i32')).otherwise(-1),
      [2, 4, -2, -1, -1],
    ],
    [
      'nor one behind a value',
      (c) =>
        c.t
          .tryCast('i32')
          .fillNull(c.x.cast('i32').abs())
          .add(choose(c.t.eq('abc')).then(1).otherwise(1)),
      'error',
    ],
    [
      'whole numbers that leave their range in a branch not taken',
      (c) => choose(c.n.lt(100)).then(c.n.abs().add(1).cast('f64')).otherwise(0),
      'error',
    ],
    [
      'and in one never taken',
      (c) => choose(c.n.between(-100, 100)).then(c.n.sub(1)).otherwise(0),
      [0, -1, -2, 0, 0],
    ],
  ])('%s', (_name, build, expected) => {
    if (expected === 'error') expect(() => cells(build)).toThrow(ArchetypeError);
    else expect(cells(build)).toEqual(expected);
  });

  test.each<[string, (c: any) => unknown, RegExp]>([
    [
      'a float that is no whole number of 32 bits',
      (c) => c.x.cast('i32'),
      /An expression gave 1e\+300 in row 3, and i32 needs a whole number from -2147483648 to 2147483647; clamp or round it first, compute in another type, or use tryCast/,
    ],
    [
      'a text that is no number',
      (c) => c.t.cast('f64'),
      /An expression gave "abc" in row 2, and f64 needs a number/,
    ],
    [
      'an overflow, even if a later step would bring it back',
      (c) => c.n.add(1).sub(1),
      /An expression gave 2147483648 in row 3, and i32 needs/,
    ],
    [
      'an overflow on its way to another type',
      (c) => c.n.mul(2).div(4),
      /An expression gave 4294967294 in row 3/,
    ],
    ['the absolute value of the least number', (c) => c.n.abs(), /gave 2147483648 in row 4/],
    [
      'an overflow of 64 bits',
      (c) => c.big.mul(4n),
      /gave 18446744073709551616 in row 1, and i64 needs a whole number of 64 bits/,
    ],
    ['a remainder by zero', (c) => lit(1).cast('i32').mod(c.n), /gave NaN in row 1, and i32 needs/],
    [
      'a remainder of 64 bits by zero',
      (c) => c.big.mod(c.n.cast('utf8').cast('i64')),
      /in row 1, and i64 needs/,
    ],
    ['behind logic', (c) => c.x.cast('i32').gt(0).and(c.n.gt(99)), /gave 1e\+300 in row 3/],
    ['behind isNull', (c) => c.x.cast('i32').isNull(), /gave 1e\+300 in row 3/],
  ])('%s is refused', (_name, build, expected) => {
    expect(message(() => cells(build))).toMatch(/^value_out_of_range/);
    expect(message(() => cells(build))).toMatch(expected);
  });
});

test('an expression of a million branches says that it is too deep, at once', () => {
  const df = fromColumns({ x: f64() }, { x: [1] });
  const deep = (c: { x: any }): any => {
    let sum = c.x;
    for (let k = 0; k < 1_000_000; k++) sum = sum.add(1);
    return sum;
  };
  const nested = (c: { x: any }): any => {
    let value: any = c.x;
    for (let k = 0; k < 1_000_000; k++) value = choose(c.x.gt(k)).then(1).otherwise(value);
    return value;
  };
  const chained = (c: { x: any }): any => {
    let chain: any = choose(c.x.gt(0)).then(1);
    for (let k = 0; k < 1_000_000; k++) chain = chain.when(c.x.gt(k)).then(k);
    return chain.otherwise(0);
  };
  const wide = (c: { x: any }): any => {
    let level: any[] = Array.from({ length: 1 << 17 }, () => c.x.add(1));
    while (level.length > 1) {
      level = level.flatMap((one, k) => (k % 2 === 0 ? [one.add(level[k + 1])] : []));
    }
    return level[0];
  };
  for (const build of [deep, nested, chained, wide]) {
    expect(message(() => df.withColumns((c) => ({ out: build(c) })))).toMatch(
      /^expression_too_deep/,
    );
  }
});
