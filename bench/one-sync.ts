import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file to which one write of 4 kB and a sync go, again and again: the least that durability costs. */
export async function oneSync(
  directory: string,
): Promise<{ write(): Promise<void>; close(): Promise<void> }> {
  const path = join(directory, 'yardstick');
  const file = await open(path, 'w');
  const page = new Uint8Array(4096).fill(1);
  let at = 0;
  return {
    async write() {
      await file.write(page, 0, page.length, at);
      at += page.length;
      await file.datasync();
    },
    async close() {
      await file.close();
      await rm(path);
    },
  };
}
