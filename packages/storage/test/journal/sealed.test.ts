import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFileSystem, type File, type FileSystem } from '../../src/index.ts';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';
import { wrapFile } from './wrap-file.ts';

test('a segment is sealed when nothing is written to it any more, and not while it is being made', async () => {
  let seen: (readonly string[])[] = [];
  let sealed = (): readonly string[] => [];
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    // The file is in the directory by now, and its first record is still to come.
    syncDirectory: async (path) => {
      seen.push(sealed());
      await nodeFileSystem.syncDirectory(path);
    },
  };
  const { journal } = await openJournal(await temporaryDirectory(), fileSystem);
  sealed = () => journal.sealed.names;
  seen = [];
  const first = await journal.append(record(1));
  expect(journal.sealed.names).toEqual([]);
  await journal.seal();
  expect(journal.sealed.names).toEqual([first]);
  await journal.append(record(2));
  expect(journal.sealed.names).toEqual([first]);
  await journal.sealed.drop(first);
  expect(journal.sealed.names).toEqual([]);
  await journal.close();
  expect(seen).toEqual([[], [first]]);
});

/** A journal with one record, and the segments that were made for it so far. */
async function counted() {
  const made: string[] = [];
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: async (path, use) => {
      if (path.endsWith('.log')) made.push(basename(path));
      return nodeFileSystem.create(path, use);
    },
  };
  const directory = await temporaryDirectory();
  const { journal } = await openJournal(directory, fileSystem);
  const first = await journal.append(record(1));
  return { journal, made, first, directory };
}

test('with more on the way, the next segment is made before it is needed, and takes what comes after the seal', async () => {
  const { journal, made, first, directory } = await counted();
  const under = journal.append(record(2));
  const sealing = journal.seal({ more: true });
  expect(made).toHaveLength(2);
  const behind = journal.append(record(3));
  expect(await under).toBe(first);
  expect(await sealing).toBe(first);
  expect(await behind).toBe(made[1]);
  await journal.seal({ more: true });
  await journal.close();
  // Nothing came after the last seal.
  expect(made).toHaveLength(3);
  const left = (await readdir(directory)).filter((name) => name.endsWith('.log'));
  expect(left).toEqual(made.slice(0, 2));
  expect((await read(directory)).values).toEqual([1, 2, 3]);
});

test('with several seals to come, all the segments behind them are made ahead, and none is left over', async () => {
  const { journal, made, first, directory } = await counted();
  const seals = [journal.seal({ more: true })];
  const behind = [journal.append(record(2))];
  seals.push(journal.seal({ more: true }));
  behind.push(journal.append(record(3)));
  expect(made).toHaveLength(3);
  expect(await Promise.all(seals)).toEqual([first, made[1]]);
  expect(await Promise.all(behind)).toEqual([made[1], made[2]]);
  await journal.close();
  expect(made).toHaveLength(3);
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log'));
  expect(names.toSorted()).toEqual(made);
});

/** A file system whose next write fails once told, with its bytes in the file; `truncating` stands between the failure and its repair. */
function failingWrite(truncating: () => void) {
  let fail = false;
  const wrap = (file: File): File =>
    wrapFile(file, {
      write: async (buffers, position) => {
        await file.write(buffers, position);
        if (fail) {
          fail = false;
          throw new Error('EIO: injected');
        }
      },
      truncate: async (size) => {
        truncating();
        await file.truncate(size);
      },
    });
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: async (path, use) => wrap(await nodeFileSystem.create(path, use)),
  };
  return { fileSystem, failNext: () => (fail = true) };
}

test('a segment with refused records is offered for flushing once they are cut off and known', async () => {
  let sealed = (): readonly string[] => ['never asked'];
  let seen: readonly string[] = [];
  const { fileSystem, failNext } = failingWrite(() => (seen = sealed()));
  const { journal } = await openJournal(await temporaryDirectory(), fileSystem);
  sealed = () => journal.sealed.names;
  const first = await journal.append(record(1));
  failNext();
  await expect(journal.append(record(2))).rejects.toMatchObject({ code: 'commit_failed' });
  expect(seen).toEqual([]);
  expect(journal.sealed.names).toEqual([first]);
  expect(journal.aborted).toEqual([{ from: 2, to: 2 }]);
  await journal.close();
});

test('a segment that may hold refused records is not offered for flushing', async () => {
  const { fileSystem, failNext } = failingWrite(() => {
    throw new Error('EIO: injected too');
  });
  const { journal } = await openJournal(await temporaryDirectory(), fileSystem);
  await journal.append(record(1));
  failNext();
  await expect(journal.append(record(2))).rejects.toMatchObject({ code: 'commit_unknown' });
  expect(await journal.seal()).toBeUndefined();
  expect(journal.sealed.names).toEqual([]);
  await journal.close();
});
