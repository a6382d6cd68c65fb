import { nodeFileSystem } from '@archetype/storage';
import { constants } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './journal/journal-in.ts';

const onLinux = process.platform === 'linux';

/** How the system has a file open. */
async function flagsOf(path: string): Promise<number> {
  for (const descriptor of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${descriptor}`).catch(() => undefined);
    if (target !== path) continue;
    const info = await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    return Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)![1]!, 8);
  }
  throw new Error(`${path} is not open.`);
}

// Elsewhere each write is followed by a sync, which cannot be looked at from outside.
test.runIf(onLinux)('writes of a synced file return when the system has synced them', async () => {
  const directory = await temporaryDirectory();
  for (const create of ['createSynced', 'create'] as const) {
    const path = join(directory, create);
    const file = await nodeFileSystem[create](path);
    await file.write([new Uint8Array([1, 2]), new Uint8Array([3])], 0);
    const synced = ((await flagsOf(path)) & constants.O_DSYNC) !== 0;
    expect(synced).toBe(create === 'createSynced');
    await file.close();
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  }
});
