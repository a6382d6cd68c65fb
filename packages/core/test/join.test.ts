import { f64, fromColumns, fromRows, i32, utf8 } from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const trips = fromRows({ who: utf8(), to: i32().nullable(), km: f64() }, [
  { who: 'ann', to: 2, km: 1 },
  { who: 'bob', to: 9, km: 2 },
  { who: 'cy', to: null, km: 3 },
  { who: 'dee', to: 1, km: 4 },
  { who: 'eve', to: 2, km: 5 },
]);
const cities = fromRows({ id: i32().nullable(), name: utf8(), km: f64() }, [
  { id: 1, name: 'Oslo', km: 10 },
  { id: 2, name: 'Rome', km: 20 },
  { id: null, name: 'Nowhere', km: 0 },
  { id: 2, name: 'Roma', km: 21 },
]);
const on = { left: 'to', right: 'id' } as const;

describe('join', () => {
  test('inner gives every pair, in the order of the left frame, then of the right; null matches nothing', () => {
    expect(trips.join(cities, { on }).toRows()).toEqual([
      { who: 'ann', to: 2, km: 1, name: 'Rome', km_right: 20 },
      { who: 'ann', to: 2, km: 1, name: 'Roma', km_right: 21 },
      { who: 'dee', to: 1, km: 4, name: 'Oslo', km_right: 10 },
      { who: 'eve', to: 2, km: 5, name: 'Rome', km_right: 20 },
      { who: 'eve', to: 2, km: 5, name: 'Roma', km_right: 21 },
    ]);
  });

  test('left keeps rows that nothing matches, with nulls beside them', () => {
    const rows = trips.join(cities, { on, how: 'left', suffix: '_city' }).toRows();
    expect(rows.map(({ who, name, km_city }) => [who, name, km_city])).toEqual([
      ['ann', 'Rome', 20],
      ['ann', 'Roma', 21],
      ['bob', null, null],
      ['cy', null, null],
      ['dee', 'Oslo', 10],
      ['eve', 'Rome', 20],
      ['eve', 'Roma', 21],
    ]);
  });

  test('semi and anti part the rows, each once', () => {
    const who = (how: 'semi' | 'anti') => trips.join(cities, { on, how }).column('who');
    expect(who('semi')).toEqual(['ann', 'dee', 'eve']);
    expect(who('anti')).toEqual(['bob', 'cy']);
  });

  test('several keys, and NaN and zero as keys', () => {
    const a = fromColumns(
      { x: f64(), y: utf8(), n: i32() },
      { x: [Number.NaN, 0, -0, 1], y: ['a', 'b', 'b', 'c'], n: [1, 2, 3, 4] },
    );
    const b = fromColumns(
      { x: f64(), y: utf8(), m: i32() },
      { x: [Number.NaN, -0, 1], y: ['a', 'b', 'd'], m: [10, 20, 30] },
    );
    const both = a.join(b, { on: ['x', 'y'] });
    expect(both.toRows().map(({ n, m }) => [n, m])).toEqual([
      [1, 10],
      [2, 20],
      [3, 20],
    ]);
  });

  test('frames without rows join, and give the columns of the result', () => {
    const none = cities.limit(0);
    expect(trips.join(none, { on }).numRows).toBe(0);
    expect(trips.join(none, { on, how: 'left' }).column('name')).toEqual(Array(5).fill(null));
    expect(trips.join(none, { on, how: 'anti' }).numRows).toBe(5);
    expect(none.join(trips, { on: { left: 'id', right: 'to' }, how: 'left' }).columnNames).toEqual([
      'id',
      'name',
      'km',
      'who',
      'km_right',
    ]);
  });

  test('keys of different types, no keys, unknown ways and names taken twice are refused', () => {
    expect(() => trips.join(cities, { on: { left: 'who', right: 'id' } })).toThrow(
      /who holds utf8 on the left and id holds i32\? on the right; keys need one type/,
    );
    expect(() => trips.join(cities, { on: [] })).toThrow(/0 keys on the left/);
    expect(() => trips.join(cities, { on, how: 'outer' as never })).toThrow(
      /use one of inner, left/,
    );
    expect(() => trips.join(cities, { on, suffix: '' })).toThrow(/two columns of one name, km/);
    expect(() => trips.join(cities, { on: 'nope' as never })).toThrow(/There is no column "nope"/);
    const moods = fromColumns({ who: z.enum(['ann', 'bob']) }, { who: ['ann'] });
    expect(() => trips.join(moods, { on: 'who' })).toThrow(/enum\("ann"\|"bob"\) on the right/);
  });
});

describe('lookup', () => {
  const unique = cities.limit(3);

  test('gives columns of the row that a cell names, null where it names none', () => {
    const found = trips.lookup('to', unique, { city: 'name', far: 'km' }, 'id');
    expect(found.column('city')).toEqual(['Rome', null, null, 'Oslo', 'Rome']);
    expect(found.column('far')).toEqual([20, null, null, 10, 20]);
    expect(found.numRows).toBe(trips.numRows);
  });

  test('refuses several rows for one cell, and names that are taken', () => {
    expect(() => trips.lookup('to', cities, { city: 'name' }, 'id')).toThrow(
      /lookup found 2 rows with id 2, and each row needs one/,
    );
    expect(() => trips.lookup('to', unique, { km: 'km' }, 'id')).toThrow(/a second column "km"/);
    expect(() => trips.lookup('to', unique, { x: 'name' })).toThrow(
      /There is no column "entity_id"/,
    );
  });
});

describe('fromRows and fromColumns', () => {
  test('fill defaults and nulls, and copy what they are given', () => {
    const cells = new Float64Array([1, 2]);
    const df = fromColumns({ x: f64() }, { x: cells });
    cells[0] = 9;
    expect([...df.column('x')]).toEqual([1, 2]);
    const rows = fromRows({ a: i32(7), b: utf8().nullable() }, [{}, { a: 1, b: 'x' }]);
    expect(rows.toRows()).toEqual([
      { a: 7, b: null },
      { a: 1, b: 'x' },
    ]);
  });

  test('refuse what does not fit, and say where', () => {
    expect(() => fromRows({ a: i32() }, [{ a: 1 }, { a: 1.5 }])).toThrow(
      /Column a: 1.5 does not fit/,
    );
    expect(() => fromRows({ a: i32() }, [{ a: 1, b: 2 } as never])).toThrow(/Row 0 has "b"/);
    expect(() => fromRows({ a: i32() }, [null as never])).toThrow(/Row 0 is null/);
    expect(() => fromRows({ a: utf8() }, [{} as never])).toThrow(/Column a: Row 0 has no value/);
    expect(() => fromRows({ a: utf8() }, [{ a: '\uD800' }])).toThrow(/half a surrogate pair/);
    expect(() => fromColumns({ a: i32(), b: i32() }, { a: [1], b: [] })).toThrow(
      /Column b has 0 cells and a has 1/,
    );
    expect(() => fromColumns({ a: i32() }, {} as never)).toThrow(/no array for column "a"/);
  });
});
