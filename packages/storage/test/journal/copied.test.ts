import { nodeFileSystem } from '@archetype/storage';
import { expect, test } from 'vitest';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';
import { wrapFile } from './wrap-file.ts';

/** Bytes about the limits up to which frames are copied, and about the memory that copies have. */
const sizes = [0, 16_300, 16_344, 16_352, 20_000, 131_000, 131_032, 131_040, 131_048, 262_144];

test('records are read as they were appended, copied or handed over, alone and with others', async () => {
  const directory = await temporaryDirectory();
  const { journal } = await openJournal(directory);
  const values: number[] = [];
  const append = (bytes: number): Promise<string> =>
    journal.append(record(values.push(values.length + 1), bytes));
  for (const bytes of sizes) await append(bytes);
  await Promise.all([...sizes, ...sizes, ...sizes].map(append));
  const first = append(131_000);
  await new Promise(setImmediate);
  // The disk works on the first, or has just done so.
  await Promise.all([first, ...sizes.toReversed().map(append)]);
  await journal.close();
  const found = await read(directory);
  expect(found.values).toEqual(Array.from(values, (_, k) => k + 1));
  expect(found.report).toMatchObject({ damaged: [], quarantined: [] });
});

test('who appends as soon as a record is acknowledged finds the disk idle, and its record is copied', async () => {
  /** How many buffers each write was given. */
  const writes: number[] = [];
  let beside: (() => Promise<unknown>) | undefined;
  const { journal } = await openJournal(await temporaryDirectory(), {
    ...nodeFileSystem,
    create: async (path, use) => {
      const file = await nodeFileSystem.create(path, use);
      return wrapFile(file, {
        writeSynced: async (buffers, position) => {
          writes.push(buffers.length);
          void beside?.();
          beside = undefined;
          await file.writeSynced(buffers, position);
        },
      });
    },
  });
  for (let k = 0; k < 4; k++) await journal.append(record(k, 40_000));
  expect(writes).toEqual([1, 1, 1, 1]);
  await journal.append(record(5, 200_000));
  expect(writes.at(-1)).toBeGreaterThan(1);
  const { promise: appended, resolve } = Promise.withResolvers<string>();
  beside = async () => {
    await Promise.resolve();
    resolve(await journal.append(record(7, 40_000)));
  };
  await journal.append(record(6));
  await appended;
  expect(writes.slice(-2)).toEqual([1, expect.toSatisfy((n: number) => n > 1)]);
  await journal.close();
});
