import { nodeFileSystem, type File, type FileSystem } from '@archetype/storage';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';

/** Keeps the thread busy, as a tick does. */
function compute(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** A disk that takes 5 ms for a write that is synced, and counts them. */
function slowDisk() {
  let writes = 0;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: async (path, kind) => {
      const file = await nodeFileSystem.create(path, kind);
      const write: File['write'] = async (buffers, position) => {
        writes++;
        await file.write(buffers, position);
        await delay(5);
      };
      return {
        size: 0,
        write,
        read: (into, position) => file.read(into, position),
        sync: () => file.sync(),
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      };
    },
  };
  return { fileSystem, writes: () => writes };
}

/** The writes for so many callers, each of which computes and appends by turns. */
async function writesFor(callers: number, computeMs: number, rounds: number) {
  const directory = await temporaryDirectory();
  const { fileSystem, writes } = slowDisk();
  const { journal } = await openJournal(directory, fileSystem);
  const caller = async (first: number): Promise<void> => {
    for (let k = 0; k < rounds; k++) {
      compute(computeMs);
      await journal.append(record(first + k));
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, k) => caller(k * rounds)));
  await journal.close();
  const { values } = await read(directory);
  return { writes: writes(), values };
}

test('callers that compute longer than a sync takes work while others are synced', async () => {
  const { writes, values } = await writesFor(8, 4, 12);
  expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 96 }, (_, k) => k));
  // All at once would be one write a round.
  expect(writes).toBeGreaterThan(15);
});

test('callers that compute next to nothing share each sync', async () => {
  const { writes } = await writesFor(8, 0, 12);
  expect(writes).toBeLessThanOrEqual(15);
});

test('callers of one moment are told in the order in which they came', async () => {
  const { journal } = await openJournal(await temporaryDirectory());
  const told: number[] = [];
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 7 }, async (_, k) => {
        await journal.append(record(round * 7 + k));
        told.push(round * 7 + k);
        compute(1);
      }),
    );
  }
  await journal.close();
  expect(told).toEqual(Array.from({ length: 140 }, (_, k) => k));
});
