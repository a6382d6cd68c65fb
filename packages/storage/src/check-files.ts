import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartFile, PartFiles } from './table-store.ts';

/** Bytes read at a time. */
const DIGEST_BYTES = 1 << 20;

/** SHA-256 of a file, hexadecimal. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    // One buffer for all of it: a fresh one for each piece would have the collector run all the time.
    const buffer = new Uint8Array(DIGEST_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, DIGEST_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** For adapters whose parts are local files: what is wrong with them, a sentence each. */
export async function checkFiles(root: string, { files }: PartFiles): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const file of files) {
    const found = await checkFile(join(root, file.path), file);
    if (found !== undefined) wrong.push(`${file.path} ${found}`);
  }
  return wrong;
}

async function checkFile(path: string, { bytes, sha256 }: PartFile): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size !== bytes) return `has ${size} bytes where ${bytes} were written.`;
    if (sha256 === undefined) return undefined;
    return (await digestFile(path)) === sha256 ? undefined : 'has other content than was written.';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? 'is gone.'
      : `cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
