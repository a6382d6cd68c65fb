import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes a directory and what is missing above it; their names survive a power loss. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true }).catch(async (error: { code?: string }) => {
    // On a disk mounted read-only Node says so only when it is asked for one directory.
    if (error.code === 'ENOENT') await mkdir(path);
    throw error;
  });
  if (first === undefined) return;
  const last = resolve(first);
  for (let made = resolve(path); ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === last || made === dirname(made)) return;
  }
}

/** Returns when names made and removed in the directory survive a power loss. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
