import { digestFile, type PartFile, type PartFiles } from '@archetype/storage';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Syncs every file and directory below `name`, then `root` itself, which holds the name. Syncs that run side by side share
 * a commit of the file system's own journal.
 */
export async function syncTree(root: string, name: string): Promise<PartFiles> {
  const files: PartFile[] = [];
  const visit = async (path: string): Promise<void> => {
    const entries = await readdir(join(root, path), { withFileTypes: true });
    await Promise.all(
      entries.map(async (entry) => {
        const inner = join(path, entry.name);
        if (entry.isDirectory()) return visit(inner);
        const [bytes, sha256] = await Promise.all([
          sync(join(root, inner)),
          digestFile(join(root, inner)),
        ]);
        files.push({ path: inner, bytes, sha256 });
      }),
    );
    await sync(join(root, path));
  };
  await visit(name);
  await sync(root);
  return {
    files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    bytes: files.reduce((n, { bytes }) => n + bytes, 0),
  };
}

async function sync(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
