import { signatureOf } from '@archetype/core';
import { expect } from 'vitest';
import { ALL, commit, Foo, Foobar, read, state, table, unchanged, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

/** The past stays as it was. */
export const history: readonly StorePromise[] = [
  {
    title: 'old ticks never change',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([
        commit(lease, 0, [
          table(
            [Foo],
            [
              [1, 10],
              [2, 20],
            ],
          ),
        ]),
      ]);
      const first = await read(store, lease.world, [Foo], { from: 0, to: 0 });
      await store.append([
        commit(lease, 1, [
          table(
            [Foo],
            [
              [1, 11],
              [2, 20],
            ],
            [2],
          ),
        ]),
      ]);
      await store.append([commit(lease, 2, [table([Foo], [[1, 12]])])]);
      expect(await read(store, lease.world, [Foo], { from: 0, to: 0 })).toEqual(first);
      expect(await read(store, lease.world, [Foo], ALL)).toEqual([
        [0, 1, 10],
        [0, 2, 20],
        [1, 1, 11],
        [2, 1, 12],
      ]);
    },
  },
  {
    title: 'a tick without rows differs from a tick that does not exist',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([commit(lease, 0, [table([Foo], [[1, 1]])]), commit(lease, 1)]);
      expect((await store.snapshot(lease.world, 1))?.tables.size).toBe(0);
      expect(await store.snapshot(lease.world, 2)).toBeUndefined();
      expect(await read(store, lease.world, [Foo], 'newest')).toEqual([]);
      expect((await store.worlds())[0]?.newestTick).toBe(1);
    },
  },
  {
    title: 'an unchanged table reads the same at every tick that names it',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([
        commit(lease, 0, [
          table(
            [Foo],
            [
              [1, 1],
              [2, 2],
            ],
          ),
          table([Foobar], [[3, 3]]),
        ]),
        commit(lease, 1, [unchanged([Foo], 0), table([Foobar], [[3, 4]])]),
        commit(lease, 2, [unchanged([Foo], 0), unchanged([Foobar], 1)]),
        commit(lease, 3, [table([Foo], [[1, 9]])]),
      ]);
      expect(await read(store, lease.world, [Foo], ALL)).toEqual([
        [0, 1, 1],
        [0, 2, 2],
        [1, 1, 1],
        [1, 2, 2],
        [2, 1, 1],
        [2, 2, 2],
        [3, 1, 9],
      ]);
      expect(await read(store, lease.world, [Foobar], { from: 2, to: 3 })).toEqual([[2, 3, 4]]);
      expect(await state(store, lease.world, 2, signatureOf([Foobar]))).toEqual([[3, 4]]);
    },
  },
  {
    title: 'a snapshot is the living rows, counters and data resources as of its tick',
    check: async ({ store }) => {
      const lease = await store.create(
        worldRecord('w', { resources: { gravity: 9.8, wind: [0] } }),
      );
      await store.append([
        commit(lease, 0, [
          table(
            [Foo],
            [
              [1, 1],
              [2, 2],
            ],
          ),
        ]),
        commit(
          lease,
          1,
          [
            table(
              [Foo],
              [
                [1, 1],
                [2, 2],
              ],
              [2],
            ),
          ],
          { resources: { gravity: 1.6 } },
        ),
        commit(lease, 2, [], { resources: { wind: [3] } }),
      ]);
      expect(await state(store, lease.world, 1, signatureOf([Foo]))).toEqual([[1, 1]]);
      const at = async (tick: number) => {
        const snapshot = await store.snapshot(lease.world, tick);
        return [snapshot?.resources, snapshot?.counters.nextEntity];
      };
      expect(await at(0)).toEqual([{ gravity: 9.8, wind: [0] }, 100]);
      expect(await at(1)).toEqual([{ gravity: 1.6, wind: [0] }, 101]);
      expect(await at(2)).toEqual([{ gravity: 1.6, wind: [3] }, 102]);
    },
  },
];
