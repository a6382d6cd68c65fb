import { signatureOf, type Lease, type Store, type WorldRecord } from '@archetype/core';
import { expect } from 'vitest';
import {
  ALL,
  commit,
  Foo,
  forkRecord,
  read,
  state,
  table,
  unchanged,
  worldRecord,
} from '../given.ts';
import type { StorePromise } from '../harness.ts';

const source = async (
  store: Store,
  ticks: number,
): Promise<{ record: WorldRecord; lease: Lease }> => {
  const record = worldRecord('source', { resources: { gravity: 9.8 } });
  const lease = await store.create(record);
  for (let tick = 0; tick < ticks; tick++)
    await store.append([commit(lease, tick, [table([Foo], [[1, tick]])])]);
  return { record, lease };
};

/** A fork reads the past that it shares, and nothing that its source does later. */
export const lineage: readonly StorePromise[] = [
  {
    title:
      'a fork shares its past up to the tick it was taken at, and never sees what its source writes later',
    check: async ({ store }) => {
      const { record, lease } = await source(store, 3);
      const fork = forkRecord(record, 1);
      const branch = await store.fork(fork);
      await store.append([commit(lease, 3, [table([Foo], [[1, 33]])])]);
      await store.append([commit(branch, 2, [table([Foo], [[1, -2]])])]);
      expect(await read(store, fork.world, [Foo], ALL)).toEqual([
        [0, 1, 0],
        [1, 1, 1],
        [2, 1, -2],
      ]);
      expect(await read(store, record.world, [Foo], ALL)).toEqual([
        [0, 1, 0],
        [1, 1, 1],
        [2, 1, 2],
        [3, 1, 33],
      ]);
      expect(await read(store, fork.world, [Foo], 'newest')).toEqual([[2, 1, -2]]);
    },
  },
  {
    title: 'a fork without ticks of its own stands where its source stood, with its own resources',
    check: async ({ store }) => {
      const { record } = await source(store, 2);
      const fork = forkRecord(record, 1, { resources: { gravity: 1.6 } });
      await store.fork(fork);
      const { state: now, record: stored } = await store.claim(fork.world);
      expect(stored.newestTick).toBe(1);
      expect(now).toMatchObject({
        tick: 1,
        counters: { nextEntity: 101 },
        resources: { gravity: 1.6 },
      });
      expect(await state(store, fork.world, 1, signatureOf([Foo]))).toEqual([[1, 1]]);
      expect((await store.snapshot(fork.world, 0))?.resources).toEqual({ gravity: 9.8 });
    },
  },
  {
    title: 'forks of forks read through every ancestor, also when those are destroyed',
    check: async ({ store }) => {
      const { record, lease } = await source(store, 2);
      const child = forkRecord(record, 1);
      const childLease = await store.fork(child);
      await store.append([
        commit(childLease, 2, [table([Foo], [[1, 20]])]),
        commit(childLease, 3, [unchanged([Foo], 2)]),
      ]);
      const grandchild = forkRecord(child, 3);
      const own = await store.fork(grandchild);
      await store.append([
        commit(own, 4, [unchanged([Foo], 2)]),
        commit(own, 5, [table([Foo], [[1, 50]])]),
      ]);
      await store.destroy(lease);
      await store.destroy(childLease);
      expect(await read(store, grandchild.world, [Foo], ALL)).toEqual([
        [0, 1, 0],
        [1, 1, 1],
        [2, 1, 20],
        [3, 1, 20],
        [4, 1, 20],
        [5, 1, 50],
      ]);
      // From the part of its past that the child only inherited.
      const early = forkRecord(record, 0);
      const earlyLease = await store.fork(early);
      await store.append([commit(earlyLease, 1, [table([Foo], [[1, 7]])])]);
      expect(await read(store, early.world, [Foo], ALL)).toEqual([
        [0, 1, 0],
        [1, 1, 7],
      ]);
    },
  },
  {
    title: 'a fork from a tick that does not exist is tick_not_found and leaves nothing',
    check: async ({ store }) => {
      const { record } = await source(store, 2);
      await expect(store.fork(forkRecord(record, 2))).rejects.toMatchObject({
        code: 'tick_not_found',
      });
      expect(await store.worlds()).toHaveLength(1);
    },
  },
];
