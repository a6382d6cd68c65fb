import type { CommandQuery, Store } from '@archetype/core';
import { expect } from 'vitest';
import { cancelled, command } from '../given-commands.ts';
import type { StorePromise } from '../harness.ts';

/** Sequences of the commands that are found. */
async function sequences(store: Store, query: CommandQuery): Promise<readonly number[]> {
  return (await store.commands(query)).map((found) => found.sequence);
}

export const commandPages: readonly StorePromise[] = [
  {
    title: 'commands come in pages: the newest before a sequence, in order of acceptance',
    async check({ store }) {
      const all = Array.from({ length: 9 }, (_, k) =>
        command({ type: k % 2 === 0 ? 'spawn' : 'step' }),
      );
      const sequence = (k: number) => all[k]!.sequence;
      const at = (...places: number[]) => places.map(sequence);
      await store.accept({ commands: all });
      await store.accept({ settled: [4, 6, 7, 8].map((k) => cancelled(all[k]!.id)) });
      expect(await store.commands({ limit: 1 })).toEqual([{ ...all[8], status: 'cancelled' }]);
      expect(await sequences(store, {})).toEqual(all.map((one) => one.sequence));
      expect(await sequences(store, { limit: 3 })).toEqual(at(6, 7, 8));
      const before = sequence(6);
      expect(await sequences(store, { limit: 3, before })).toEqual(at(3, 4, 5));
      expect(await sequences(store, { before: sequence(2) })).toEqual(at(0, 1));
      expect(await sequences(store, { limit: 3, before: sequence(2) })).toEqual(at(0, 1));
      expect(await sequences(store, { limit: 3, type: 'step' })).toEqual(at(3, 5, 7));
      expect(await sequences(store, { limit: 2, status: 'queued' })).toEqual(at(3, 5));
      expect(await sequences(store, { limit: 2, status: 'cancelled', before })).toEqual(at(4));
      for (const limit of [0, -1, 1.5, NaN])
        await expect(store.commands({ limit })).rejects.toMatchObject({ code: 'invalid_argument' });
    },
  },
  {
    title:
      'a page has commands of before and after the store was opened, with the ends they have now',
    reopens: true,
    async check({ store, reopen }) {
      const all = Array.from({ length: 8 }, () => command());
      const sequence = (k: number) => all[k]!.sequence;
      const at = (...places: number[]) => places.map(sequence);
      await store.accept({ commands: all.slice(0, 5), settled: [cancelled(all[0]!.id)] });
      const again = await reopen();
      await again.accept({ commands: all.slice(5) });
      await again.accept({ settled: [3, 4, 6].map((k) => cancelled(all[k]!.id)) });
      expect(await sequences(again, { limit: 4 })).toEqual(at(4, 5, 6, 7));
      expect(await sequences(again, { limit: 3, status: 'queued' })).toEqual(at(2, 5, 7));
      expect(await sequences(again, { limit: 3, status: 'cancelled' })).toEqual(at(3, 4, 6));
      const before = sequence(5);
      expect(await sequences(again, { limit: 2, status: 'queued', before })).toEqual(at(1, 2));
    },
  },
];
