import { expect, test } from 'vitest';
import { Ledger } from '../src/durable/ledger.ts';
import { OpenCuts } from '../src/durable/open-cuts.ts';
import { Upkeep } from '../src/durable/upkeep.ts';
import type { StorageWorker } from '../src/worker/storage-worker.ts';

/** Upkeep whose worker has so many groups of parts to merge, and notes what it is asked for. */
function upkeep(groups: number) {
  const asked: string[] = [];
  let left = groups;
  const worker = {
    ask: async (name: string) => {
      asked.push(name);
      if (name === 'merge') left = Math.max(0, left - 1);
      return name === 'merge' ? left * 8 : false;
    },
  } as unknown as StorageWorker;
  const settings = { graceMs: 0, publishes: true };
  return { asked, upkeep: new Upkeep(new Ledger(), worker, new OpenCuts(), settings) };
}
const no = (): boolean => false;
const yes = (): boolean => true;

test('a round merges all there is, then indexes and sweeps', async () => {
  const { asked, upkeep: all } = upkeep(3);
  const waiting: number[] = [];
  await all.run(no, no, (parts) => waiting.push(parts));
  expect(asked).toEqual(['publish', 'merge', 'merge', 'merge', 'index', 'sweep']);
  expect(waiting).toEqual([16, 8, 0]);
});

test('a round that another follows merges one group, so that nothing is put off for ever', async () => {
  const { asked, upkeep: all } = upkeep(3);
  await all.run(yes, yes);
  expect(asked).toEqual(['publish', 'merge', 'sweep']);
});
