import { fromValues, types, type ColumnType } from '@archetype/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nulls, scatter, splice } from '../src/column/columns.ts';
import { directoryOf, Directory } from '../src/state/directory.ts';
import { Frame } from '../src/frame/frame.ts';
import { runsOf } from '../src/tick/tables.ts';

const seed = 20261123;
const maybe = (type: ColumnType): ColumnType => ({ ...type, nullable: true });
const vector: ColumnType = { kind: 'vector', nullable: false, size: 2 };
const mood: ColumnType = { kind: 'enum', nullable: false, values: ['a', 'b', 'c'] };
const list: ColumnType = { kind: 'list', nullable: false, item: types.i32 };
const struct: ColumnType = {
  kind: 'struct',
  nullable: false,
  fields: [{ name: 'n', type: types.f64 }],
};

/** For each kind of column, the cell number `k`. */
const kinds: readonly [string, ColumnType, (k: number) => unknown][] = [
  ['f64', types.f64, (k) => k + 0.5],
  ['f32', types.f32, (k) => k + 0.5],
  ['i32', types.i32, (k) => -k],
  ['u32', types.u32, (k) => k],
  ['i64', types.i64, (k) => BigInt(k)],
  ['bool', types.bool, (k) => k % 3 === 0],
  ['timestamp', types.timestamp, (k) => new Date(k)],
  ['utf8', types.utf8, (k) => `ä${k}`],
  ['json', types.json, (k) => ({ k: [k] })],
  ['enum', mood, (k) => 'abc'[k % 3]],
  ['vector', vector, (k) => Float32Array.of(k, -k)],
  ['list', list, (k) => Array.from({ length: k % 4 }, (_, i) => k + i)],
  ['struct', struct, (k) => ({ n: k })],
  ['nullable f64', maybe(types.f64), (k) => (k % 3 === 0 ? null : k)],
  ['nullable utf8', maybe(types.utf8), (k) => (k % 4 === 1 ? null : `${k}`)],
  ['nullable list', maybe(list), (k) => (k % 2 === 0 ? null : [k])],
  ['nullable struct', maybe(struct), (k) => (k % 2 === 0 ? null : { n: k })],
];
const cells = (n: number, from: number, cell: (k: number) => unknown): unknown[] =>
  Array.from({ length: n }, (_, k) => cell(from + k));

describe.each(kinds)('columns of %s', (_name, type, cell) => {
  test('are spliced run by run', () => {
    const [a, b] = [cells(7, 0, cell), cells(5, 100, cell)];
    const runs = Int32Array.of(2, 3, ~1, 2, 0, 1, ~0, 1, ~4, 1, 6, 1);
    const spliced = splice(type, fromValues(type, a), fromValues(type, b), runs, 9);
    const expected = [a[2], a[3], a[4], b[1], b[2], a[0], b[0], b[4], a[6]];
    expect(spliced.equals(fromValues(type, expected))).toBe(true);
    expect(spliced.length).toBe(9);
  });

  test('take other cells in some rows, and stay what they were', () => {
    const [before, given] = [cells(6, 0, cell), cells(3, 50, cell)];
    const column = fromValues(type, before);
    const scattered = scatter(type, column, Int32Array.of(4, 0, 5), fromValues(type, given));
    expect(
      scattered.equals(
        fromValues(type, [given[1], before[1], before[2], before[3], given[0], given[2]]),
      ),
    ).toBe(true);
    expect(column.equals(fromValues(type, before))).toBe(true);
  });

  test('can be all null', () => {
    const none = nulls(maybe(type), 3);
    expect(none.equals(fromValues(maybe(type), [null, null, null]))).toBe(true);
    expect(none.get(1)).toBeNull();
  });

  test('tell whether two hold the same cell in a row', () => {
    const [a, b] = [
      fromValues(type, cells(6, 0, cell)),
      fromValues(type, [...cells(3, 0, cell), ...cells(3, 60, cell)]),
    ];
    for (let row = 0; row < 6; row++)
      expect(a.sameAt(row, b)).toBe(a.slice(row, row + 1).equals(b.slice(row, row + 1)));
  });
});

const ascending = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
  .map((ids) => Int32Array.from(ids).toSorted());

test('runs of rows that stay and rows that come are those of a sort', () => {
  fc.assert(
    fc.property(ascending, ascending, fc.infiniteStream(fc.boolean()), (ids, others, leaves) => {
      const gone = Int32Array.from(ids.keys()).filter(() => leaves.next().value === true);
      const added = others.filter((id) => !ids.includes(id));
      const { runs, length } = runsOf(ids, gone, added);
      const merged: number[] = [];
      for (let k = 0; k < runs.length; k += 2) {
        expect(runs[k + 1]).toBeGreaterThan(0);
        const [from, start] = runs[k]! >= 0 ? [ids, runs[k]!] : [added, ~runs[k]!];
        merged.push(...from.subarray(start, start + runs[k + 1]!));
      }
      const expected = [...ids.filter((_, row) => !gone.includes(row)), ...added];
      expect(merged).toEqual(expected.toSorted((a, b) => a - b));
      expect(length).toBe(expected.length);
    }),
    { seed, numRuns: 2000 },
  );
});

describe('a directory', () => {
  const dwelling = (ids: readonly number[]) => ({
    frame: new Frame(
      [{ name: 'entity_id', type: types.i32 }],
      [fromValues(types.i32, ids)],
      ids.length,
    ),
  });

  test.each([
    ['dense', 1],
    ['sparse', 1000],
  ])(
    'finds everybody and nobody else, %s ids, before and after it has an index',
    (_name, stride) => {
      const tables = Array.from({ length: 7 }, (_, t) =>
        dwelling(Array.from({ length: 40 }, (__, k) => (k * 9 + t + 1) * stride)),
      );
      const directory = new Directory([...tables, dwelling([])]);
      for (let round = 0; round < 3; round++) {
        for (const [t, { frame }] of tables.entries()) {
          const ids = frame.columns[0]!.data as Int32Array;
          // Backwards, so that the next row is no help.
          for (let row = ids.length - 1; row >= 0; row--) {
            expect([directory.find(ids[row]!), directory.row]).toEqual([t, row]);
            expect(directory.tableOf(ids[row]!)).toBe(tables[t]);
          }
        }
        for (const nobody of [0, -1, 8 * stride, 1e9, 1.5, Number.NaN, 2 ** 31])
          expect([directory.find(nobody), directory.row]).toEqual([-1, -1]);
      }
    },
  );

  test('is made once for a state', () => {
    const tables = new Map([['a', dwelling([1, 2])]]);
    expect(directoryOf(tables)).toBe(directoryOf(tables));
    expect(directoryOf(new Map(tables))).not.toBe(directoryOf(tables));
    expect(new Directory([]).find(1)).toBe(-1);
  });
});
