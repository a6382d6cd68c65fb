import type { PartFiles } from '@archetype/storage';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Syncs every file and directory below `name`, then `root` itself, which holds the name. */
export async function syncTree(root: string, name: string): Promise<PartFiles> {
  const files: string[] = [];
  let bytes = 0;
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) await visit(inner);
      else {
        files.push(inner);
        bytes += await sync(join(root, inner));
      }
    }
    await sync(join(root, path));
  };
  await visit(name);
  await sync(root);
  return { files: files.toSorted(), bytes };
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
