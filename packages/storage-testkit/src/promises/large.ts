import { columnOf, Frame, signatureOf, types } from '@archetype/core';
import { expect } from 'vitest';
import { commit, Foo, read, table, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

const ROWS = 1_000_000;
const COMMITS = 10_000;

export const large: readonly StorePromise[] = [
  {
    title: 'a tick of 1 000 000 rows is kept, every row of it, in order',
    async check({ store }) {
      const record = worldRecord('w');
      const lease = await store.create(record);
      const signature = signatureOf([Foo]);
      const rows = new Frame(
        signature.stored,
        [
          columnOf(
            types.i32,
            ROWS,
            Int32Array.from({ length: ROWS }, (_, k) => k + 1),
          ),
          columnOf(types.bool, ROWS, new Uint8Array(ROWS).fill(1)),
          columnOf(
            types.f64,
            ROWS,
            Float64Array.from({ length: ROWS }, (_, k) => k / 3),
          ),
        ],
        ROWS,
      );
      await store.append([commit(lease, 0, [{ signature, rows }])]);
      const snapshot = await store.snapshot(record.world, 0);
      const frame = snapshot!.tables.get(signature.table)!.frame;
      expect(frame.numRows).toBe(ROWS);
      const [ids, xs] = [frame.at('entity_id'), frame.at('foo__x')];
      for (let row = 0; row < ROWS; row += 997) {
        expect(ids.get(row)).toBe(row + 1);
        expect(xs.get(row)).toBe(row / 3);
      }
      expect(await read(store, record.world, [Foo], 'newest', { entities: [777_777] })).toEqual([
        [0, 777_777, 777_776 / 3],
      ]);
    },
  },
  {
    title: '10 000 ticks of one row are kept, and the last, the first and any other is read',
    async check({ store }) {
      const record = worldRecord('w');
      const lease = await store.create(record);
      for (let from = 0; from < COMMITS; from += 500) {
        await store.append(
          Array.from({ length: 500 }, (_, k) =>
            commit(lease, from + k, [table([Foo], [[1, from + k]])]),
          ),
        );
      }
      expect((await store.worlds())[0]!.newestTick).toBe(COMMITS - 1);
      for (const tick of [0, 4_999, COMMITS - 1]) {
        expect(await read(store, record.world, [Foo], { from: tick, to: tick })).toEqual([
          [tick, 1, tick],
        ]);
      }
      const stretch = await read(store, record.world, [Foo], { from: 7_000, to: 7_999 });
      expect(stretch).toHaveLength(1_000);
      expect(stretch.every(([tick, , x]) => tick === x)).toBe(true);
    },
  },
];
