import { expect } from 'vitest';
import { ALL, commit, Foo, read, table, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

const stale = { code: 'stale_writer' };

export const writers: readonly StorePromise[] = [
  {
    title: 'of two leases of a world only the later one writes, and its ticks are the only ones',
    async check({ store }) {
      const record = worldRecord('w');
      const first = await store.create(record);
      await store.append([commit(first, 0, [table([Foo], [[1, 0]])])]);
      const { lease: second, state } = await store.claim(record.world);
      expect(state?.tick).toBe(0);
      await expect(
        store.append([commit(first, 1, [table([Foo], [[1, 99]])])]),
      ).rejects.toMatchObject(stale);
      await store.append([commit(second, 1, [table([Foo], [[1, 1]])])]);
      await expect(store.append([commit(first, 2)])).rejects.toMatchObject(stale);
      expect(await read(store, record.world, [Foo], ALL)).toEqual([
        [0, 1, 0],
        [1, 1, 1],
      ]);
    },
  },
  {
    title: 'a lease of one world says nothing of another one',
    async check({ store }) {
      const [a, b] = [worldRecord('a'), worldRecord('b')];
      const leases = [await store.create(a), await store.create(b)];
      await store.claim(a.world);
      await expect(store.append([commit(leases[0]!, 0)])).rejects.toMatchObject(stale);
      await store.append([commit(leases[1]!, 0, [table([Foo], [[1, 5]])])]);
      expect(await read(store, b.world, [Foo], ALL)).toEqual([[0, 1, 5]]);
    },
  },
  {
    title: 'appends of many worlds that overlap are each whole and in order',
    async check({ store }) {
      const records = Array.from({ length: 8 }, (_, k) => worldRecord(`w${k}`));
      const leases = await Promise.all(records.map((record) => store.create(record)));
      await Promise.all(
        leases.flatMap((lease, k) =>
          Array.from({ length: 12 }, (_, tick) =>
            store.append([commit(lease, tick, [table([Foo], [[1, 100 * k + tick]])])]),
          ),
        ),
      );
      for (const [k, { world }] of records.entries()) {
        expect(await read(store, world, [Foo], ALL)).toEqual(
          Array.from({ length: 12 }, (_, tick) => [tick, 1, 100 * k + tick]),
        );
      }
    },
  },
  {
    title: 'a lease outlives an opening as little as its process: claimed again, it is stale',
    reopens: true,
    async check({ store, reopen }) {
      const record = worldRecord('w');
      const first = await store.create(record);
      await store.append([commit(first, 0)]);
      const again = await reopen();
      const { lease } = await again.claim(record.world);
      await expect(again.append([commit(first, 1)])).rejects.toMatchObject(stale);
      await again.append([commit(lease, 1)]);
      expect((await again.worlds())[0]!.newestTick).toBe(1);
    },
  },
];
