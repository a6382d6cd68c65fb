import { appendFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { ArchetypeError } from '@archetype/core';
import { nodeFileSystem, type File, type FileSystem } from '@archetype/storage';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from '../../src/journal/journal.ts';
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
    create: async (path, use) => wrap(await nodeFileSystem.create(path, use)),
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

const identity = new Uint8Array(16).fill(7);
/** Whoever opens a journal on a small disk; `lost` once somebody else has taken it over. */
async function openAs(
  directory: string,
  fs: SmallDisk,
  owner: { forced: boolean; lost?: boolean },
) {
  return Journal.open({
    fs,
    directory,
    storeId: identity,
    next: 1,
    onRecord: () => undefined,
    owner: {
      forced: owner.forced,
      lastDurable: 0,
      confirm: () => {
        if (owner.lost === true) throw new ArchetypeError('stale_writer', 'The store is theirs.');
      },
      acknowledged: () => undefined,
      durable: () => undefined,
    },
  });
}

test('a disk that is full for a record and for the segment made ahead of it has room to say that the record is absent', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  const disk = new SmallDisk(1_000);
  const { journal } = await openJournal(directory, disk);
  await journal.append(record(1));
  disk.pages -= disk.free;
  const under = journal.append(record(2, 8192));
  const sealing = journal.seal({ more: true });
  await expect(under).rejects.toMatchObject({ code: 'commit_failed' });
  await sealing;
  expect(journal.broken).toBeUndefined();
  await journal.close();
  expect((await read(directory)).values).toEqual([1]);
});

test('a segment that could not be made ahead of its use is made when it is used', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  let failing = false;
  const { journal } = await openJournal(directory, {
    ...nodeFileSystem,
    create: async (path, use) => {
      if (failing) throw new Error('EMFILE: too many open files');
      return nodeFileSystem.create(path, use);
    },
  });
  await journal.append(record(1));
  failing = true;
  await journal.seal({ more: true });
  failing = false;
  await journal.append(record(2));
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2]);
});

test('whoever was taken over does not take the reserve of who did, nor says that its record is absent', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  const disk = new SmallDisk(1_000);
  const former = { forced: false, lost: false };
  const stale = await openAs(directory, disk, former);
  await stale.append(record(1));
  former.lost = true;
  const owner = await openAs(directory, disk, { forced: true });
  await owner.append(record(2));
  disk.pages -= disk.free;
  await expect(stale.append(record(3, 8192))).rejects.toMatchObject({ code: 'stale_writer' });
  disk.pages -= disk.free;
  await expect(owner.append(record(4, 8192))).rejects.toMatchObject({ code: 'commit_failed' });
  await stale.close();
  await owner.close();
});

test('a process that ended on a full disk can be followed by another, by force too: opening has the reserve to write in', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  const disk = new SmallDisk(1_000);
  const { journal } = await openJournal(directory, disk);
  const segment = await journal.append(record(1));
  await journal.close();
  await appendFile(join(directory, segment), new Uint8Array(24).fill(3));
  disk.pages -= disk.free;
  const again = await openJournal(directory, disk);
  expect(again.values).toEqual([1]);
  expect(again.report.quarantined).toMatchObject([{ bytes: 24 }]);
  await expect(again.journal.append(record(2))).rejects.toMatchObject({ code: 'commit_failed' });
  await again.journal.close();
  disk.pages += 100;
  await (await openJournal(directory, disk)).journal.close();
  disk.pages -= disk.free;
  const forced = await openAs(directory, disk, { forced: true });
  expect(forced.aborted).toHaveLength(1);
  await forced.close();
});
