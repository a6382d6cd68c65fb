import { Frame, fromValues, types, type ColumnType, type Schema } from '@archetype/core';
import { expect, test } from 'vitest';
import { openTableStore } from '../src/lance-table-store.ts';
import { temporaryDirectory } from './walkers.ts';

const ROWS = 60_000;
/** Rows that hold one value each, in blocks that compress well, and in others that do not. */
const pick = <T>(odd: readonly T[], regular: (k: number) => T) => {
  return (k: number): T =>
    k % 20_000 < 5_000 ? odd[(k * k) % odd.length]! : k % 20_000 < 10_000 ? odd[0]! : regular(k);
};

const cells: { readonly [kind: string]: readonly [ColumnType, (k: number) => unknown] } = {
  f64: [
    types.f64,
    pick([-0, 0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1, 2 ** 53], (k) =>
      k % 3 === 0 ? Math.sin(k) : k,
    ),
  ],
  f32: [types.f32, pick([-0, 0, Number.NaN, Infinity, -Infinity, 2 ** -149, 0.5], (k) => k / 4)],
  i32: [types.i32, pick([-(2 ** 31), 2 ** 31 - 1, 0, -1, 1], (k) => k * 7 - 1_000)],
  u32: [types.u32, pick([2 ** 32 - 1, 0, 2 ** 31, 1], (k) => k)],
  i64: [
    types.i64,
    pick(
      [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 2n ** 53n - 1n, 0n, -1n],
      (k) => BigInt(k) * 1_000_000_007n,
    ),
  ],
  bool: [types.bool, pick([true, false, false], (k) => k % 1_000 === 0)],
  utf8: [
    types.utf8,
    pick(['', 'a\0b', '日本 🙂 é', ' ', 'x'.repeat(5_000)], (k) => `row ${k % 500}`),
  ],
  enum: [
    { kind: 'enum', nullable: false, values: ['calm', 'angry', ''] },
    pick(['angry', '', 'calm'], (k) => (k % 2 === 0 ? 'calm' : 'angry')),
  ],
  timestamp: [
    types.timestamp,
    pick([new Date(8.64e15), new Date(-8.64e15), new Date(0), new Date(-1)], (k) => new Date(k)),
  ],
  vector: [
    { kind: 'vector', nullable: false, size: 3 },
    pick([Float32Array.of(-0, 2 ** -149, 3e38), new Float32Array(3)], (k) =>
      Float32Array.of(k, -k, k / 8),
    ),
  ],
  list: [
    { kind: 'list', nullable: false, item: types.i64 },
    pick([[], [-(2n ** 63n), 2n ** 53n + 1n], [0n]], (k) =>
      Array.from({ length: k % 4 }, (_, i) => BigInt(k + i)),
    ),
  ],
  struct: [
    {
      kind: 'struct',
      nullable: false,
      fields: [
        { name: 'p', type: types.f64 },
        { name: 'q', type: { ...types.utf8, nullable: true } },
      ],
    },
    pick<unknown>(
      [
        { p: -0, q: null },
        { p: Number.NaN, q: '' },
        { p: 1e300, q: 'é' },
      ],
      (k) => ({
        p: k,
        q: k % 3 === 0 ? null : `${k % 9}`,
      }),
    ),
  ],
  json: [
    types.json,
    pick<unknown>([{ a: [1, null, 'x'] }, 'text', 12.5, []], (k) => ({ k: k % 50 })),
  ],
};

test.each(Object.entries(cells))(
  'cells of %s come back to the bit from a part that is compressed, with and without nulls, whole and from anywhere in it',
  async (_kind, [type, cell]) => {
    const store = await openTableStore(await temporaryDirectory());
    const schema: Schema = [
      { name: 'all', type },
      { name: 'some', type: { ...type, nullable: true } },
      { name: 'few', type: { ...type, nullable: true } },
    ];
    const values = Array.from({ length: ROWS }, (_, k) => cell(k));
    const columns = [
      values,
      values.map((value, k) => (k % 3 === 0 ? null : value)),
      // Long stretches of nothing, and a block in which every cell is there.
      values.map((value, k) => (k % 10_000 === 7 || k < 3_000 ? value : null)),
    ];
    const frame = new Frame(
      schema,
      schema.map((field, c) => fromValues(field.type, columns[c]!)),
      ROWS,
    );
    await store.write(
      'p',
      schema,
      (async function* () {
        yield frame.slice(0, 12_345);
        yield frame.slice(12_345, ROWS);
      })(),
    );
    for (const [offset, rows] of [
      [0, ROWS],
      [2_999, 2],
      [19_990, 17_001],
      [ROWS - 1, 1],
    ] as const) {
      let at = offset;
      for await (const read of store.scan([{ part: 'p', offset, rows }], schema)) {
        for (const [c, { name }] of schema.entries()) {
          const column = read.at(name);
          for (let row = 0; row < read.numRows; row++) {
            const [found, expected] = [column.get(row), columns[c]![at + row]];
            // Comparing whole values of each row takes seconds; most differ in nothing that `is` does not see.
            if (!Object.is(found, expected)) expect(found, `${name} ${at + row}`).toEqual(expected);
          }
        }
        at += read.numRows;
      }
      expect(at).toBe(offset + rows);
    }
    await store.close();
  },
);
