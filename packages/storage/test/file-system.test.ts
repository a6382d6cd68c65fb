import { nodeFileSystem } from '@archetype/storage';
import { constants } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './journal/journal-in.ts';

const onLinux = process.platform === 'linux';

/** How the system has a file open, once for each descriptor. */
async function flagsOf(path: string): Promise<readonly number[]> {
  const flags: number[] = [];
  for (const descriptor of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${descriptor}`).catch(() => undefined);
    if (target !== path) continue;
    const info = await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    flags.push(Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)![1]!, 8));
  }
  return flags;
}
const synced = (flags: number): boolean => (flags & constants.O_DSYNC) !== 0;

// Elsewhere each write is followed by a sync, which cannot be looked at from outside.
test.runIf(onLinux)(
  'synced writes return when the system has synced them, others do not wait for it',
  async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'file');
    const file = await nodeFileSystem.create(path);
    await file.write([new Uint8Array([1, 2]), new Uint8Array([3])], 0);
    expect((await flagsOf(path)).map(synced)).toEqual([false]);
    await file.writeSynced([new Uint8Array([4]), new Uint8Array([5])], 3);
    await file.writeSynced([new Uint8Array([6])], 5);
    expect(new Set((await flagsOf(path)).map(synced))).toEqual(new Set([false, true]));
    await file.close();
    expect(await flagsOf(path)).toEqual([]);
    expect([...(await readFile(path))]).toEqual([1, 2, 3, 4, 5, 6]);
  },
);
