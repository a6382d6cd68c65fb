import {
  bool,
  defineComponent,
  f32,
  f64,
  i32,
  i64,
  json,
  timestamp,
  u32,
  utf8,
  vector,
} from '@archetype/core';
import { expect } from 'vitest';
import { z } from 'zod';
import { ALL, commit, read, table, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

const Every = defineComponent('Every', {
  f64: f64(),
  f32: f32().nullable(),
  i32: i32(),
  u32: u32(),
  i64: i64(),
  bool: bool(),
  flag: bool().nullable(),
  text: utf8(),
  note: utf8().nullable(),
  mood: z.enum(['calm', 'angry']),
  at: timestamp(),
  vec: vector(3),
  list: z.array(z.string()),
  struct: z.object({ p: z.number(), q: z.string().nullable() }),
  free: json(),
});

const cells: readonly (readonly unknown[])[] = [
  [
    0,
    0.5,
    -(2 ** 31),
    0,
    2n ** 53n + 1n,
    true,
    null,
    '',
    null,
    'angry',
    new Date(0),
    [1, 2, 3],
    [],
    { p: 1, q: null },
    { a: [1, null, 'x'] },
  ],
  [
    Number.NaN,
    null,
    2 ** 31 - 1,
    2 ** 32 - 1,
    2n ** 63n - 1n,
    false,
    true,
    '日本 🙂 é',
    '',
    'calm',
    new Date(-1),
    [0, -0.5, 1e30],
    ['', 'ç'],
    { p: -2, q: '' },
    'text',
  ],
  [
    -0,
    1.5,
    0,
    7,
    -(2n ** 63n),
    true,
    false,
    'x'.repeat(100_000),
    'n',
    'calm',
    new Date(8.64e15),
    [9, 9, 9],
    ['a', 'b', 'c'],
    { p: 0, q: 'q' },
    null,
  ],
  [
    Infinity,
    -1,
    -1,
    1,
    2n ** 53n - 1n,
    false,
    null,
    'a\0b\n"\'',
    null,
    'angry',
    new Date(1e12),
    [0, 0, 0],
    ['z'],
    { p: 3, q: null },
    12.5,
  ],
  [
    -Infinity,
    null,
    1,
    2,
    -1n,
    true,
    true,
    ' ',
    ' ',
    'calm',
    new Date(1),
    [1, 1, 1],
    [],
    { p: 4, q: null },
    [],
  ],
];
const plain = (row: readonly unknown[]): readonly unknown[] =>
  row.map((cell) => (cell instanceof Float32Array ? [...cell] : cell));
const float32 = (row: readonly unknown[]): readonly unknown[] =>
  row.map((cell) =>
    Array.isArray(cell) && typeof cell[0] === 'number'
      ? cell.map((x) => Math.fround(x as number))
      : cell,
  );

/** Every cell comes back as it was given. */
export const values: readonly StorePromise[] = [
  {
    title: 'cells of every type come back to the bit, in memory',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([
        commit(lease, 0, [
          table(
            [Every],
            cells.map((row, k) => [k + 1, ...row]),
          ),
        ]),
      ]);
      const rows = await read(store, lease.world, [Every], ALL);
      expect(rows.map(plain)).toEqual(cells.map((row, k) => [0, k + 1, ...float32(row)]));
    },
  },
  {
    title: 'cells of every type come back to the bit, from a store opened again',
    reopens: true,
    check: async ({ store, reopen }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([
        commit(lease, 0, [
          table(
            [Every],
            cells.map((row, k) => [k + 1, ...row]),
          ),
        ]),
      ]);
      await store.append([commit(lease, 1, [])]);
      const again = await reopen();
      const rows = await read(again, lease.world, [Every], ALL);
      expect(rows.map(plain)).toEqual(cells.map((row, k) => [0, k + 1, ...float32(row)]));
    },
  },
];
