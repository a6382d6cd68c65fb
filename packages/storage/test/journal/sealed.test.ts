import { expect, test } from 'vitest';
import { nodeFileSystem, type FileSystem } from '../../src/index.ts';
import { openJournal, record, temporaryDirectory } from './journal-in.ts';

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
  sealed = () => journal.sealed;
  seen = [];
  const first = await journal.append(record(1));
  expect(journal.sealed).toEqual([]);
  await journal.seal();
  expect(journal.sealed).toEqual([first]);
  await journal.append(record(2));
  expect(journal.sealed).toEqual([first]);
  await journal.drop(first);
  expect(journal.sealed).toEqual([]);
  await journal.close();
  expect(seen).toEqual([[], [first]]);
});
