import { digestFile, type PartFile, type PartFiles } from '@archetype/storage';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Syncs every file and directory below `name`, then `root` itself, which holds the name. */
export async function syncTree(root: string, name: string): Promise<PartFiles> {
  const files: PartFile[] = [];
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) await visit(inner);
      else {
        const bytes = await sync(join(root, inner));
        files.push({ path: inner, bytes, sha256: await digestFile(join(root, inner)) });
      }
    }
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
