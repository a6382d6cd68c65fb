import { expect } from 'vitest';
import { ALL, commit, Foo, Foobar, read, table, unchanged, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

/** A tick is there as a whole, once, after the one before it; a refused one changes nothing. */
export const append: readonly StorePromise[] = [
  {
    title: 'a committed tick is there in all its tables',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([
        commit(lease, 0, [
          table([Foo], [[1, 1]]),
          table([Foobar], [[2, 2]]),
          table([Foo, Foobar], [[3, 3, 4]]),
        ]),
      ]);
      expect(await read(store, lease.world, [Foo], ALL)).toEqual([
        [0, 1, 1],
        [0, 3, 3],
      ]);
      expect(await read(store, lease.world, [Foobar], ALL)).toEqual([
        [0, 2, 2],
        [0, 3, 4],
      ]);
    },
  },
  {
    title:
      'several ticks can be handed over at once, and calls that overlap take effect in their order',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await Promise.all([
        store.append([
          commit(lease, 0, [table([Foo], [[1, 0]])]),
          commit(lease, 1, [table([Foo], [[1, 1]])]),
        ]),
        store.append([commit(lease, 2, [table([Foo], [[1, 2]])])]),
        store.append([commit(lease, 3, [table([Foo], [[1, 3]])])]),
      ]);
      expect(await read(store, lease.world, [Foo], ALL)).toEqual(
        [0, 1, 2, 3].map((tick) => [tick, 1, tick]),
      );
    },
  },
  {
    title: 'the same tick with the same content again succeeds without effect',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      const again = () => commit(lease, 0, [table([Foo], [[1, 1]])]);
      await store.append([again()]);
      await store.append([again()]);
      expect(await read(store, lease.world, [Foo], ALL)).toEqual([[0, 1, 1]]);
    },
  },
  {
    title:
      'the same tick with other content, and a tick that is not the next, are tick_conflict and change nothing',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([
        commit(lease, 0, [table([Foo], [[1, 1]])]),
        commit(lease, 1, [table([Foo], [[1, 2]])]),
      ]);
      for (const wrong of [
        commit(lease, 1, [table([Foo], [[1, 99]])]),
        commit(lease, 1, [
          table(
            [Foo],
            [
              [1, 2],
              [2, 2],
            ],
          ),
        ]),
        commit(lease, 1, [table([Foo], [[1, 2]])], { counters: { nextEntity: 7, nextMessage: 1 } }),
        commit(lease, 3, [table([Foo], [[1, 99]])]),
        commit(lease, 1, [table([Foo], [[1, 2]])], { resources: { a: 1 } }),
        commit(lease, 1, [table([Foo], [[1, 2]])], { input: null }),
        commit(lease, 1, [table([Foo], [[1, 2]], [1])]),
        commit(lease, 0, []),
      ]) {
        await expect(store.append([wrong])).rejects.toMatchObject({ code: 'tick_conflict' });
      }
      expect(await read(store, lease.world, [Foo], ALL)).toEqual([
        [0, 1, 1],
        [1, 1, 2],
      ]);
      await store.append([commit(lease, 2, [table([Foo], [[1, 3]])])]);
      expect(await read(store, lease.world, [Foo], 'newest')).toEqual([[2, 1, 3]]);
    },
  },
  {
    title: 'an unchanged table must name a tick that has it',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      await store.append([commit(lease, 0, [table([Foo], [[1, 1]])])]);
      for (const wrong of [unchanged([Foobar], 0), unchanged([Foo], 1), unchanged([Foo], 7)]) {
        await expect(store.append([commit(lease, 1, [wrong])])).rejects.toMatchObject({
          code: 'tick_conflict',
        });
      }
      await store.append([commit(lease, 1, [unchanged([Foo], 0)])]);
      expect(await read(store, lease.world, [Foo], 'newest')).toEqual([[1, 1, 1]]);
    },
  },
  {
    title: 'a world id is used once',
    check: async ({ store }) => {
      const record = worldRecord('w');
      await store.create(record);
      await expect(store.create(record)).rejects.toMatchObject({ code: 'world_exists' });
    },
  },
  {
    title: 'an unknown world is world_not_found, and a closed store is store_closed',
    check: async ({ store }) => {
      await expect(store.claim('nobody')).rejects.toMatchObject({ code: 'world_not_found' });
      await expect(store.snapshot('nobody', 0)).rejects.toMatchObject({ code: 'world_not_found' });
      await expect(read(store, 'nobody', [Foo], ALL)).rejects.toMatchObject({
        code: 'world_not_found',
      });
      await store.close();
      await store.close();
      await expect(store.worlds()).rejects.toMatchObject({ code: 'store_closed' });
      await expect(store.create(worldRecord('w'))).rejects.toMatchObject({ code: 'store_closed' });
    },
  },
];
