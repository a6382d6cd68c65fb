import { signatureOf, type Commit } from '@archetype/core';
import { expect } from 'vitest';
import {
  ALL,
  commit,
  Foo,
  Foobar,
  forkRecord,
  inputFrame,
  read,
  state,
  table,
  unchanged,
  worldRecord,
} from '../given.ts';
import type { StorePromise } from '../harness.ts';

/** What one entity is given. */
const frame = (force: number | null, note = 'ä€') => inputFrame([[7, force, note]]);

/** A store that is opened again has everything. */
export const reopen: readonly StorePromise[] = [
  {
    title: 'worlds, ticks, counters, resources and unchanged tables survive, and the world goes on',
    reopens: true,
    check: async ({ store, reopen: again }) => {
      const record = worldRecord('w', { resources: { gravity: 9.8 }, live: ['model'] });
      const lease = await store.create(record);
      await store.append([
        commit(lease, 0, [table([Foo], [[1, 1]]), table([Foobar], [[2, 2]])]),
        commit(lease, 1, [unchanged([Foo], 0), table([Foobar], [[2, 3]])], {
          resources: { gravity: 1.6 },
        }),
      ]);
      const second = await again();
      expect(await second.worlds()).toEqual([
        { ...record, newestTick: 1, destroyed: false, components: expect.any(Array) },
      ]);
      const claimed = await second.claim(lease.world);
      expect(claimed.state).toMatchObject({
        tick: 1,
        counters: { nextEntity: 101 },
        resources: { gravity: 1.6 },
      });
      await second.append([commit(claimed.lease, 2, [unchanged([Foo], 0)])]);
      const third = await again();
      expect(await read(third, lease.world, [Foo], ALL)).toEqual(
        [0, 1, 2].map((tick) => [tick, 1, 1]),
      );
      expect(await state(third, lease.world, 1, signatureOf([Foobar]))).toEqual([[2, 3]]);
    },
  },
  {
    title: 'a world without ticks, forks and destroyed worlds survive',
    reopens: true,
    check: async ({ store, reopen: again }) => {
      const empty = worldRecord('empty');
      await store.create(empty);
      const source = worldRecord('source');
      const lease = await store.create(source);
      await store.append([commit(lease, 0, [table([Foo], [[1, 1]])])]);
      const fork = forkRecord(source, 0, { resources: { wind: 1 } });
      const branch = await store.fork(fork);
      await store.append([commit(branch, 1, [table([Foo], [[1, 5]])])]);
      await store.destroy(lease);
      const second = await again();
      expect(
        (await second.worlds()).map(({ name, newestTick, destroyed }) => [
          name,
          newestTick,
          destroyed,
        ]),
      ).toEqual([
        ['empty', -1, false],
        ['source', 0, true],
        ['source-fork', 1, false],
      ]);
      expect((await second.claim(empty.world)).state).toBeUndefined();
      await expect(second.claim(source.world)).rejects.toMatchObject({ code: 'world_destroyed' });
      expect(await read(second, fork.world, [Foo], ALL)).toEqual([
        [0, 1, 1],
        [1, 1, 5],
      ]);
      expect((await second.snapshot(fork.world, 1))?.resources).toEqual({ wind: 1 });
    },
  },
  {
    title:
      'a tick that was acknowledged can be handed over again, and its content is still held against it',
    reopens: true,
    check: async ({ store, reopen: again }) => {
      const lease = await store.create(worldRecord('w'));
      const given = (x: number, gravity: number) =>
        commit(
          lease,
          1,
          [
            table(
              [Foo],
              [
                [1, x],
                [2, 2],
              ],
              [2],
            ),
            unchanged([Foobar], 0),
          ],
          {
            resources: { gravity, wind: 1 },
            input: { a: [1], b: null },
          },
        );
      await store.append([commit(lease, 0, [table([Foobar], [[3, 3]])]), given(1, 9.8)]);
      const second = await again();
      await second.append([given(1, 9.8)]);
      for (const other of [given(2, 9.8), given(1, 1.6)]) {
        await expect(second.append([other])).rejects.toMatchObject({ code: 'tick_conflict' });
      }
      await second.append([commit(lease, 2)]);
      await second.append([given(1, 9.8)]);
      expect((await second.worlds())[0]?.newestTick).toBe(2);
    },
  },
  {
    title: 'an input that is a frame is kept cell by cell, and beside one that is JSON',
    reopens: true,
    check: async ({ store, reopen: again }) => {
      const lease = await store.create(worldRecord('w'));
      const withInput = (tick: number, input: Commit['input']): Commit =>
        commit(lease, tick, [table([Foo], [[1, tick]])], input === undefined ? {} : { input });
      const inputs = [undefined, frame(0.5), { a: [1] }, inputFrame([]), frame(null, '')];
      const commits = inputs.map((input, tick) => withInput(tick, input));
      await store.append(commits);
      let current = store;
      for (let k = 0; k < 2; k++) {
        current = await again();
        for (const given of commits) await current.append([given]);
        for (const other of [frame(0.25), frame(0.5, 'b'), frame(null), inputFrame([]), undefined])
          await expect(current.append([withInput(1, other)])).rejects.toMatchObject({
            code: 'tick_conflict',
          });
        await expect(current.append([withInput(2, frame(0.5))])).rejects.toMatchObject({
          code: 'tick_conflict',
        });
      }
      expect((await current.worlds())[0]?.newestTick).toBe(4);
    },
  },
  {
    title: 'many short lives of one world add up to one history',
    reopens: true,
    check: async ({ store, reopen: again }) => {
      let lease = await store.create(worldRecord('w'));
      let current = store;
      for (let tick = 0; tick < 6; tick++) {
        await current.append([commit(lease, tick, [table([Foo], [[1, tick]])])]);
        current = await again();
        ({ lease } = await current.claim(lease.world));
      }
      expect(await read(current, lease.world, [Foo], ALL)).toEqual(
        [0, 1, 2, 3, 4, 5].map((tick) => [tick, 1, tick]),
      );
    },
  },
];
