import { readdir } from 'node:fs/promises';
import { nodeFileSystem, type FileSystem } from '@archetype/storage';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';

test('a segment that there is no room for takes nothing with it: the record is absent, no file is left, and the next try is as good', async () => {
  const directory = await temporaryDirectory();
  let full = true;
  const fs: FileSystem = {
    ...nodeFileSystem,
    create: async (path, writes) => {
      const file = await nodeFileSystem.create(path, writes);
      const write: typeof file.write = async (buffers, position) => {
        if (full) throw new Error('ENOSPC: no space left on device');
        return file.write(buffers, position);
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
  const { journal } = await openJournal(join(directory, 'journal'), fs);
  for (let k = 0; k < 3; k++)
    await expect(journal.append(record(k))).rejects.toMatchObject({ code: 'commit_failed' });
  expect(await readdir(join(directory, 'journal'))).toEqual([]);
  full = false;
  await journal.append(record(7));
  await journal.close();
  expect((await read(join(directory, 'journal'))).values).toEqual([7]);
});
