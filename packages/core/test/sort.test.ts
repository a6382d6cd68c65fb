import { types } from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { cellsOf as cells, frameOf as frame, maybe } from './frame-of.ts';

describe('sort', () => {
  test('numbers ascend with NaN last and nulls after it; descending turns all but the nulls', () => {
    const df = frame({ x: [maybe(types.f64), [2, null, Number.NaN, -Infinity, 0, null, 1]] });
    expect(cells(df.sort('x'), 'x')).toEqual([-Infinity, 0, 1, 2, Number.NaN, null, null]);
    expect(cells(df.sort({ by: 'x', order: 'descending' }), 'x')).toEqual([
      Number.NaN,
      2,
      1,
      0,
      -Infinity,
      null,
      null,
    ]);
  });

  test('text is in the order of its code points, enums in that of their definition', () => {
    const moods = { kind: 'enum', nullable: false, values: ['calm', 'angry'] } as const;
    const df = frame({
      name: [types.utf8, ['b', '\u{1F642}', 'a', '\uFF5E', '']],
      mood: [moods, ['angry', 'calm', 'angry', 'calm', 'angry']],
    });
    expect(cells(df.sort('name'), 'name')).toEqual(['', 'a', 'b', '\uFF5E', '\u{1F642}']);
    expect(cells(df.sort('mood', 'name'), 'name')).toEqual(['\uFF5E', '\u{1F642}', '', 'a', 'b']);
  });

  test('rows that are equal in all keys keep their order, and 0 is -0', () => {
    const df = frame({ k: [types.f64, [0, 1, -0, 1, 0]], row: [types.i32, [0, 1, 2, 3, 4]] });
    expect(cells(df.sort('k'), 'row')).toEqual([0, 2, 4, 1, 3]);
    expect(cells(df.sort({ by: 'k', order: 'descending' }), 'row')).toEqual([1, 3, 0, 2, 4]);
  });

  test('100 000 numbers, whole and not, come out as the language sorts them', () => {
    let state = 1;
    const numbers = Array.from({ length: 100_000 }, () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return (state - 2 ** 30) / 1024;
    });
    const whole = numbers.map((x) => Math.trunc(x));
    const df = frame({ x: [types.f64, numbers], n: [types.i32, whole] });
    expect(cells(df.sort('x').limit(1000), 'x')).toEqual(
      numbers.toSorted((a, b) => a - b).slice(0, 1000),
    );
    expect([...(df.sort({ by: 'n', order: 'descending' }).column('n') as Int32Array)]).toEqual(
      whole.toSorted((a, b) => b - a),
    );
  });

  test('a list has no order, an unknown column is named, and so is an unknown direction', () => {
    const df = frame({ l: [{ kind: 'list', nullable: false, item: types.f64 }, [[1]]] });
    expect(() => df.sort('l')).toThrow(/Column l holds list<f64>, which has no order/);
    expect(() => df.sort('m')).toThrow(/There is no column "m"/);
    expect(() => df.sort({ by: 'l', order: 'down' as never })).toThrow(
      /use "ascending" or "descending"/,
    );
  });
});

describe('limit, distinct, concat, rename', () => {
  const df = frame({
    k: [maybe(types.utf8), ['a', null, 'a', 'b', null]],
    x: [types.f64, [Number.NaN, 0, Number.NaN, 1, -0]],
  });

  test('limit gives the first rows, and all of them when there are fewer', () => {
    expect(df.limit(2).numRows).toBe(2);
    expect(df.limit(0).numRows).toBe(0);
    expect(df.limit(9)).toBe(df);
    for (const bad of [-1, 1.5, Number.NaN]) expect(() => df.limit(bad)).toThrow(/limit was told/);
  });

  test('distinct keeps the first row of each combination; null, NaN and zero equal themselves', () => {
    expect(cells(df.distinct(), 'k')).toEqual(['a', null, 'b']);
    expect(cells(df.distinct('x'), 'x')).toEqual([Number.NaN, 0, 1]);
    expect(() => df.distinct('y')).toThrow(/There is no column "y"/);
  });

  test('distinct tells apart lists, vectors and whole numbers far from each other', () => {
    const vector = { kind: 'vector', nullable: false, size: 2 } as const;
    const many = frame({
      v: [
        vector,
        [
          [1, 2],
          [1, 2],
          [1, Number.NaN],
          [1, Number.NaN],
        ],
      ],
      l: [{ kind: 'list', nullable: false, item: types.i64 }, [[1n], [1n], [], [2n]]],
      n: [types.i32, [2 ** 31 - 1, 2 ** 31 - 1, -(2 ** 31), 5]],
    });
    expect(many.distinct('v').numRows).toBe(2);
    expect(many.distinct('l').numRows).toBe(3);
    expect(many.distinct('n').numRows).toBe(3);
    expect(many.distinct().numRows).toBe(3);
  });

  test('concat puts rows below each other, whatever the order of columns, and widens to nullable', () => {
    const more = frame({ x: [maybe(types.f64), [null]], k: [types.utf8, ['z']] });
    const both = df.concat(more as never);
    expect(cells(both, 'k')).toEqual(['a', null, 'a', 'b', null, 'z']);
    expect(cells(both, 'x').at(-1)).toBeNull();
    expect(df.concat()).toBe(df);
  });

  test('concat refuses other columns and other types', () => {
    expect(() => df.concat(df.drop('x') as never)).toThrow(
      /frame 1 given to concat has no column "x"/,
    );
    expect(() => df.drop('x').concat(df as never)).toThrow(/has a column "x" that the first/);
    const text = frame({ k: [types.utf8, ['z']], x: [types.utf8, ['z']] });
    expect(() => df.concat(text as never)).toThrow(
      /Column x holds f64 in the first frame and utf8/,
    );
    expect(() => df.concat([1] as never)).toThrow(/A DataFrame was needed/);
  });

  test('rename gives columns other names and refuses two of one name', () => {
    expect(df.rename({ k: 'key' }).columnNames).toEqual(['key', 'x']);
    expect(df.rename({ k: 'x', x: 'k' }).columnNames).toEqual(['x', 'k']);
    expect(() => df.rename({ k: 'x' })).toThrow(/two columns the name "x"/);
    expect(() => df.rename({ y: 'z' })).toThrow(/There is no column "y"/);
  });

  test('frames without rows go through every verb', () => {
    const none = df.limit(0);
    expect(none.sort('x', 'k').numRows).toBe(0);
    expect(none.distinct().numRows).toBe(0);
    expect(none.concat(none).numRows).toBe(0);
    expect(none.concat(df).equals(df)).toBe(true);
  });
});
