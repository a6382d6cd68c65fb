import type { File, FileSystem } from '@archetype/storage';
import { expect, test } from 'vitest';
import { Journal } from '../../src/journal/journal.ts';
import { record, storeId } from './journal-in.ts';
import { SectorDisk } from './sector-disk.ts';
import { wrapFile } from './wrap-file.ts';

const BYTES = 3_000;

/** A disk of which a power loss brings back what was cut off, and whose synced writes come to half of it and fail, when told. */
function failingDisk() {
  const disk = new SectorDisk(() => 0.6);
  let failures = 0;
  let beforeCut: () => unknown = () => undefined;
  const create = async (path: string): Promise<File> => {
    const file = await disk.create(path);
    return wrapFile(file, {
      writeSynced: async (buffers, position) => {
        if (failures === 0) return file.writeSynced(buffers, position);
        failures--;
        const all = Buffer.concat(buffers);
        await file.writeSynced([all.subarray(0, Math.min(2_000, all.byteLength - 8))], position);
        throw new Error('EIO: injected');
      },
      truncate: async (size) => {
        beforeCut();
        await file.truncate(size);
      },
    });
  };
  const fileSystem: FileSystem = {
    makeDirectory: () => disk.makeDirectory(),
    list: (path) => disk.list(path),
    create,
    open: (path) => disk.open(path),
    remove: (path) => disk.remove(path),
    syncDirectory: () => disk.syncDirectory(),
  };
  const open = async (): Promise<Journal> =>
    Journal.open({
      fs: fileSystem,
      directory: '/disk/journal',
      storeId,
      next: 1,
      onRecord: () => undefined,
    });
  return {
    open,
    losePower: () => disk.losePower(),
    fail: (times: number) => (failures = times),
    beforeCut: (work: () => unknown) => (beforeCut = work),
  };
}

const code = (ending: Promise<unknown>): Promise<unknown> =>
  ending.catch((error: { code: string }) => error.code);

test('records that were refused without being written, and then one that failed: what the power brings back of them is no damage', async () => {
  const { open, losePower, fail, beforeCut } = failingDisk();
  const journal = await open();
  await journal.append(record(1, BYTES));
  let late: Promise<unknown> | undefined;
  beforeCut(() => (late ??= code(journal.append(record(3, BYTES)))));
  fail(1);
  expect(await code(journal.append(record(2, BYTES)))).toBe('commit_failed');
  expect(await late).toBe('commit_failed');
  fail(1);
  expect(await code(journal.append(record(4, BYTES)))).toBe('commit_failed');
  await journal.append(record(5, BYTES));
  losePower();
  const again = await open();
  expect(again.report).toMatchObject({ damaged: [], records: 2 });
  await again.close();
});

test('a write that failed, and the record that was to say so: what the power brings back of both is no damage', async () => {
  const { open, losePower, fail } = failingDisk();
  const journal = await open();
  await journal.append(record(1, BYTES));
  fail(2);
  expect(await code(journal.append(record(2, BYTES)))).toBe('commit_unknown');
  losePower();
  const again = await open();
  expect(again.report).toMatchObject({ damaged: [], missingRecords: 0, records: 1 });
  // The third was for the record that was to say so: it is not given again.
  expect(await again.append(record(3, BYTES))).toBe('0000000000000004.log');
  await again.close();
  losePower();
  const third = await open();
  expect(third.report).toMatchObject({ damaged: [], missingRecords: 0, records: 2 });
  await third.close();
});

test('what says that records are absent stays when the first record behind it is refused too', async () => {
  const { open, fail } = failingDisk();
  const journal = await open();
  await journal.append(record(1, BYTES));
  for (const value of [2, 3]) {
    fail(1);
    expect(await code(journal.append(record(value, BYTES)))).toBe('commit_failed');
  }
  await journal.append(record(4, BYTES));
  await journal.close();
  const again = await open();
  expect(again.report).toMatchObject({ damaged: [], records: 2 });
  expect(again.aborted).toEqual([
    { from: 2, to: 2 },
    { from: 4, to: 4 },
  ]);
  await again.close();
});
