import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { nodeFileSystem, type File, type FileSystem } from '@archetype/storage';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';
import { SmallDisk } from './small-disk.ts';
import { wrapFile } from './wrap-file.ts';

test('a segment that there is no room for takes nothing with it: the record is absent, no file is left, and the next try is as good', async () => {
  const directory = await temporaryDirectory();
  let full = true;
  const wrap = (file: File): File =>
    wrapFile(file, {
      write: async (buffers, position) => {
        if (full) throw new Error('ENOSPC: no space left on device');
        await file.write(buffers, position);
      },
    });
  const fs: FileSystem = {
    ...nodeFileSystem,
    create: async (path) => wrap(await nodeFileSystem.create(path)),
    createSynced: async (path) => wrap(await nodeFileSystem.createSynced(path)),
  };
  const { journal } = await openJournal(join(directory, 'journal'), fs);
  for (let k = 0; k < 3; k++)
    await expect(journal.append(record(k))).rejects.toMatchObject({ code: 'commit_failed' });
  expect(await readdir(join(directory, 'journal'))).toEqual([]);
  full = false;
  await journal.append(record(7));
  await journal.close();
  expect((await read(join(directory, 'journal'))).values).toEqual([7]);
});

test('a disk that is full exactly where the journal ends: each record is certainly absent, however often it is tried, and with room again the same journal goes on', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  const disk = new SmallDisk(1_000);
  const { journal } = await openJournal(directory, disk);
  await journal.append(record(1));
  // Header, head and first number take 112 bytes: the next record ends with the page, and the one after it finds none.
  await journal.append(record(2, 4096 - 112 - 40));
  disk.pages -= disk.free;
  for (let k = 0; k < 50; k++) {
    await expect(journal.append(record(3))).rejects.toMatchObject({ code: 'commit_failed' });
    expect(disk.free).toBeGreaterThanOrEqual(0);
  }
  expect(journal.broken).toBeUndefined();
  disk.pages += 100;
  await journal.append(record(4));
  disk.pages -= disk.free;
  await expect(journal.append(record(5, 8192))).rejects.toMatchObject({ code: 'commit_failed' });
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, 4]);
});

test('a journal on a disk that has no room for its reserve takes no record, and says what it holds', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  const { journal } = await openJournal(directory);
  await journal.append(record(1));
  await journal.close();
  await rm(join(directory, 'reserve'));
  const disk = new SmallDisk(2);
  const again = await openJournal(directory, disk);
  expect(again.values).toEqual([1]);
  await expect(again.journal.append(record(2))).rejects.toMatchObject({ code: 'commit_failed' });
  disk.pages = 1_000;
  await again.journal.append(record(3));
  await again.journal.close();
  expect((await read(directory)).values).toEqual([1, 3]);
});

test('a reserve that a dying process left half made is made again', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  await mkdir(directory);
  await writeFile(join(directory, 'reserve'), new Uint8Array(100));
  const { journal } = await openJournal(directory);
  await journal.append(record(1));
  await journal.close();
  expect((await stat(join(directory, 'reserve'))).size).toBeGreaterThan(4096);
});
