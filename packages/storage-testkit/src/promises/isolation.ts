import { expect } from 'vitest';
import { ALL, commit, Foo, read, table, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

/** Worlds do not see each other, and only one writer writes. */
export const isolation: readonly StorePromise[] = [
  {
    title: 'worlds with the same name and the same entities keep their rows apart',
    check: async ({ store }) => {
      const [a, b] = [await store.create(worldRecord('w')), await store.create(worldRecord('w'))];
      await Promise.all([
        store.append([commit(a, 0, [table([Foo], [[1, 1]])])]),
        store.append([
          commit(b, 0, [table([Foo], [[1, 2]])]),
          commit(b, 1, [table([Foo], [[1, 3]])]),
        ]),
      ]);
      expect(await read(store, a.world, [Foo], ALL)).toEqual([[0, 1, 1]]);
      expect(await read(store, b.world, [Foo], ALL)).toEqual([
        [0, 1, 2],
        [1, 1, 3],
      ]);
    },
  },
  {
    title: 'claiming a world makes the lease before it stale, for ticks and for its end',
    check: async ({ store }) => {
      const old = await store.create(worldRecord('w'));
      await store.append([commit(old, 0, [table([Foo], [[1, 1]])])]);
      const { lease, state } = await store.claim(old.world);
      expect(state?.tick).toBe(0);
      const stale = store.append([commit(old, 1, [table([Foo], [[1, 99]])])]);
      await expect(stale).rejects.toMatchObject({ code: 'stale_writer' });
      await expect(store.destroy(old)).rejects.toMatchObject({ code: 'stale_writer' });
      await store.append([commit(lease, 1, [table([Foo], [[1, 2]])])]);
      expect(await read(store, old.world, [Foo], ALL)).toEqual([
        [0, 1, 1],
        [1, 1, 2],
      ]);
    },
  },
  {
    title: 'a destroyed world takes no more ticks, and its rows stay readable',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([commit(lease, 0, [table([Foo], [[1, 1]])])]);
      await store.destroy(lease);
      await store.destroy(lease);
      await expect(store.append([commit(lease, 1)])).rejects.toMatchObject({
        code: 'world_destroyed',
      });
      await expect(store.claim(lease.world)).rejects.toMatchObject({ code: 'world_destroyed' });
      expect(await read(store, lease.world, [Foo], ALL)).toEqual([[0, 1, 1]]);
    },
  },
];
