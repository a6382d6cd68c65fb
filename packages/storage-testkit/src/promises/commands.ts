import type { SettledCommand, Store } from '@archetype/core';
import { expect } from 'vitest';
import { applied, cancelled, command, rejected, row } from '../given-commands.ts';
import { commit, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

async function statusOf(store: Store, id: string) {
  const [found] = await store.commands({ id });
  return found?.status;
}

export const commands: readonly StorePromise[] = [
  {
    title: 'an accepted command is queued as it was given, and found by each of its marks',
    async check({ store }) {
      const one = command({
        type: 'despawn',
        world: 'w',
        idempotencyKey: 'k',
        reserved: [7, 8],
        deferred: true,
      });
      const two = command({ actor: { id: 'bob', roles: [], worlds: ['w'] }, world: 'w2' });
      await store.accept({ commands: [one, two] });
      expect(await store.commands({})).toEqual([
        { ...one, status: 'queued' },
        { ...two, status: 'queued' },
      ]);
      for (const query of [
        { id: one.id },
        { type: 'despawn' },
        { world: 'w' },
        { actor: 'ann' },
        { actor: 'ann', idempotencyKey: 'k' },
        { status: 'queued', world: 'w' },
      ] as const) {
        expect(await store.commands(query)).toEqual([{ ...one, status: 'queued' }]);
      }
      expect(await store.commands({ world: 'w', actor: 'bob' })).toEqual([]);
      expect(await store.commands({ status: 'applied' })).toEqual([]);
    },
  },
  {
    title: 'a command accepted twice is one command',
    async check({ store }) {
      const one = command();
      await store.accept({ commands: [one] });
      await store.accept({ commands: [one] });
      expect(await store.commands({})).toHaveLength(1);
    },
  },
  {
    title: 'a tick settles the commands that it names, and its end is the only one',
    async check({ store }) {
      const record = worldRecord('w');
      const lease = await store.create(record);
      const [one, two, three] = [command(), command(), command()];
      await store.accept({ commands: [one, two, three] });
      await store.append([
        commit(lease, 0, [], { settled: [applied(one.id), rejected(two.id)] }),
        commit(lease, 1, [], { settled: [rejected(one.id)] }),
      ]);
      await store.accept({
        settled: [cancelled(two.id), cancelled(three.id)],
      });
      expect(await store.commands({ id: one.id })).toEqual([
        { ...one, status: 'applied', settledAt: { run: record.run, tick: 0 } },
      ]);
      expect(await store.commands({ status: 'rejected' })).toEqual([
        {
          ...two,
          status: 'rejected',
          code: 'entity_not_found',
          message: 'Entity 9 is not here.',
          settledAt: { run: record.run, tick: 0 },
        },
      ]);
      expect(await statusOf(store, three.id)).toBe('cancelled');
      expect(await store.commands({ status: 'queued' })).toEqual([]);
    },
  },
  {
    title: 'what a command gave and when it ended are kept, and what is said later changes neither',
    async check({ store }) {
      const record = worldRecord('w');
      const lease = await store.create(record);
      const [one, two] = [command(), command()];
      const result = { ids: [7, 8], text: 'ä 🙂', none: null };
      await store.accept({ commands: [one, two] });
      await store.append([commit(lease, 0, [], { settled: [{ ...applied(one.id), result }] })]);
      await store.accept({
        settled: [{ ...applied(two.id), result: null, finishedAt: 1_700_000_000_001 }],
      });
      await store.accept({
        settled: [one, two].map(({ id }) => ({ ...cancelled(id), result: 'late', finishedAt: 5 })),
      });
      expect(await store.commands({})).toEqual([
        { ...one, status: 'applied', result, settledAt: { run: record.run, tick: 0 } },
        { ...two, status: 'applied', result: null, finishedAt: 1_700_000_000_001 },
      ]);
    },
  },
  {
    title: 'a tick that settles commands, given again as it was, succeeds without effect',
    async check({ store }) {
      const record = worldRecord('w');
      const lease = await store.create(record);
      const one = command();
      await store.accept({ commands: [one] });
      const settled = [{ ...applied(one.id), result: { id: 7, at: [1, 2] } }];
      await store.append([commit(lease, 0, [], { settled })]);
      // Whoever asks makes a store that is opened before each read do so here.
      await store.worlds();
      await store.append([commit(lease, 0, [], { settled })]);
      await expect(
        store.append([commit(lease, 0, [], { settled: [{ ...settled[0]!, result: { id: 8 } }] })]),
      ).rejects.toMatchObject({ code: 'tick_conflict' });
      expect(await store.commands({})).toEqual([
        {
          ...one,
          status: 'applied',
          result: { id: 7, at: [1, 2] },
          settledAt: { run: record.run, tick: 0 },
        },
      ]);
    },
  },
  {
    title: 'an end that comes before its command is kept for it, and the first of several stands',
    async check({ store }) {
      const record = worldRecord('w');
      const lease = await store.create(record);
      const [one, two, three] = [command(), command(), command()];
      await store.append([commit(lease, 0, [], { settled: [applied(one.id)] })]);
      await store.accept({ settled: [cancelled(two.id)] });
      await store.accept({ commands: [one, two, three] });
      await store.accept({ settled: [cancelled(one.id)] });
      expect(await store.commands({ id: one.id })).toEqual([
        { ...one, status: 'applied', settledAt: { run: record.run, tick: 0 } },
      ]);
      expect(await statusOf(store, two.id)).toBe('cancelled');
      expect(await store.commands({ status: 'queued' })).toEqual([{ ...three, status: 'queued' }]);
    },
  },
  {
    title: 'a tick that was refused settles nothing',
    async check({ store }) {
      const lease = await store.create(worldRecord('w'));
      const one = command();
      await store.accept({ commands: [one] });
      await expect(
        store.append([commit(lease, 5, [], { settled: [applied(one.id)] })]),
      ).rejects.toMatchObject({ code: 'tick_conflict' });
      expect(await statusOf(store, one.id)).toBe('queued');
    },
  },
  {
    title: 'an end of a command that is none is refused, with all that it came with',
    async check({ store }) {
      const lease = await store.create(worldRecord('w'));
      const one = command();
      await store.accept({ commands: [one] });
      const bad = [
        { command: 7, status: 'applied' },
        { status: 'applied' },
        { command: one.id },
        { command: one.id, status: 'queued' },
        { command: one.id, status: 3 },
        { command: one.id, status: 'rejected', code: 5 },
        { command: one.id, status: 'rejected', message: {} },
        { command: one.id, status: 'applied', finishedAt: '5' },
      ] as unknown as readonly SettledCommand[];
      const lists = [null, [null], 'applied', ...bad.map((end) => [applied(one.id), end])];
      for (const settled of lists as readonly (readonly SettledCommand[])[]) {
        await expect(store.accept({ settled })).rejects.toMatchObject({ code: 'invalid_argument' });
        await expect(
          store.append([commit(lease, 0, []), commit(lease, 1, [], { settled })]),
        ).rejects.toMatchObject({ code: 'invalid_argument' });
      }
      expect(await statusOf(store, one.id)).toBe('queued');
      const [world] = await store.worlds();
      expect(world!.newestTick).toBe(-1);
      await store.append([commit(lease, 0, [], { settled: [applied(one.id)] })]);
      expect(await statusOf(store, one.id)).toBe('applied');
    },
  },
  {
    title: 'queued and settled commands and audit rows are there when the store is opened again',
    reopens: true,
    async check({ store, reopen }) {
      const lease = await store.create(worldRecord('w'));
      const [one, two, three] = [command(), command(), command()];
      await store.accept({ commands: [one, two], audit: [row(0)] });
      await store.append([commit(lease, 0, [], { settled: [applied(one.id)] })]);
      let again = await reopen();
      expect(await again.commands({ status: 'queued' })).toEqual([{ ...two, status: 'queued' }]);
      await again.accept({
        commands: [three],
        settled: [cancelled(two.id)],
        audit: [row(1)],
      });
      again = await reopen();
      expect(await statusOf(again, one.id)).toBe('applied');
      expect(await statusOf(again, two.id)).toBe('cancelled');
      expect(await statusOf(again, three.id)).toBe('queued');
      expect(await again.audit({})).toEqual([row(1), row(0)]);
    },
  },
  {
    title: 'audit rows come newest first, filtered and in pages, as they were written',
    async check({ store }) {
      const rows = Array.from({ length: 250 }, (_, k) => row(k, k === 7 ? { world: 'w' } : {}));
      await store.accept({ audit: rows.slice(0, 100) });
      await store.accept({ audit: rows.slice(100) });
      const positions = async (query: Parameters<Store['audit']>[0]) =>
        (await store.audit(query)).map(({ position }) => position);
      expect(await store.audit({})).toEqual(rows.slice(150).toReversed());
      expect(await positions({ before: 150 })).toEqual(
        rows
          .slice(50, 150)
          .map(({ position }) => position)
          .toReversed(),
      );
      expect(await positions({ limit: 2, type: 'step' })).toEqual([249, 247]);
      expect(await positions({ actor: 'ann', status: 'denied', before: 30 })).toEqual([24, 12, 0]);
      expect(await positions({ ticks: { from: 3, to: 5 } })).toEqual([5, 4, 3]);
      expect(await positions({ time: { from: 247_500 } })).toEqual([249, 248]);
      expect(await positions({ world: 'w' })).toEqual([7]);
      expect(await positions({ command: 'command 9' })).toEqual([9]);
      await expect(store.audit({ limit: 0 })).rejects.toMatchObject({ code: 'invalid_argument' });
    },
  },
];
