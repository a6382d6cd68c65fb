import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartFile, PartFiles } from './table-store.ts';

/** SHA-256 of a file, hexadecimal. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array);
  return hash.digest('hex');
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
