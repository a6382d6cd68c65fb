import { checkFiles, type ObjectStore, type PartFiles, type PartId } from '@archetype/storage';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linkTree } from './link-tree.ts';
import { syncTree } from './sync-tree.ts';

const SUFFIX = '.lance';

/** The files of parts below Lance's own door. */
export interface PartFolder {
  /** Where a part's files are, for sentences. */
  where(part: PartId): string;
  /** Returns when what Lance wrote survives a power loss. */
  settle(part: PartId): Promise<PartFiles>;
  /** A part of the same files under another name. */
  copy?(part: PartId, to: PartId): Promise<void>;
  check(part: PartId, files: PartFiles): Promise<readonly string[]>;
  list(): AsyncIterable<PartId>;
  remove(part: PartId): Promise<void>;
}

/** Parts in a directory. Lance never syncs a local disk. */
export function localFolder(root: string): PartFolder {
  return {
    where: (part) => join(root, part + SUFFIX),
    settle: (part) => syncTree(root, part + SUFFIX),
    // Lance writes new files and leaves those there are as they are.
    copy: (part, to) => linkTree(join(root, part + SUFFIX), join(root, to + SUFFIX)),
    check: (_part, files) => checkFiles(root, files),
    async *list() {
      for (const name of await readdir(root))
        if (name.endsWith(SUFFIX)) yield name.slice(0, -SUFFIX.length);
    },
    remove: (part) => rm(join(root, part + SUFFIX), { recursive: true, force: true }),
  };
}

/** Parts in an object store, where whatever was written is durable. */
export function remoteFolder(objects: ObjectStore, uri: string): PartFolder {
  const filesOf = async (part: PartId): Promise<PartFiles> => {
    const files = [];
    for await (const { key, bytes, etag } of objects.list(`${part}${SUFFIX}/`))
      files.push({ path: key, bytes, etag });
    return { files, bytes: files.reduce((n, { bytes }) => n + bytes, 0) };
  };
  return {
    where: (part) => `${uri}/${part}${SUFFIX}`,
    settle: filesOf,
    async check(part, { files }) {
      const found = new Map((await filesOf(part)).files.map((file) => [file.path, file]));
      return files.flatMap(({ path, bytes, etag }) => {
        const file = found.get(path);
        if (file === undefined) return [`${path} is gone.`];
        if (file.bytes !== bytes)
          return [`${path} has ${file.bytes} bytes where ${bytes} were written.`];
        return file.etag === etag ? [] : [`${path} has other content than was written.`];
      });
    },
    async *list() {
      let last: PartId | undefined;
      for await (const { key } of objects.list('')) {
        const part = key.slice(0, Math.max(key.indexOf(`${SUFFIX}/`), 0));
        if (part === '' || part === last) continue;
        last = part;
        yield part;
      }
    },
    async remove(part) {
      const { files } = await filesOf(part);
      await objects.remove(files.map(({ path }) => path));
    },
  };
}
