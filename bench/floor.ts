import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file to which buffers go with one write and one sync each time: the least that a durable tick costs. */
export async function floorIn(
  directory: string,
): Promise<{ write(buffers: readonly Uint8Array[]): Promise<void>; close(): Promise<void> }> {
  const path = join(directory, 'floor');
  const file = await open(path, 'w');
  let at = 0;
  return {
    async write(buffers) {
      const { bytesWritten } = await file.writev([...buffers], at);
      at += bytesWritten;
      await file.datasync();
    },
    async close() {
      await file.close();
      await rm(path);
    },
  };
}
