import fs, { lstatSync, readdirSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './dying.ts';

/** What one sync covered: so many bytes of a file, or the names in a directory and what they stand for. */
export type Synced =
  | { readonly id: string; readonly size: number }
  | { readonly id: string; readonly names: Readonly<Record<string, string>> };

/** Told apart by what is on the disk and not by path, since engines rename files and write removed ones anew. */
export function idOf(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino}:${stat.birthtimeNs}`;
}

/**
 * From here on every sync that this thread asks for, by itself or with a write, is written to the file named by `SYNC_LOG`,
 * once it is done, and is a step before and after. Does nothing where no file is named.
 */
export function recordSyncs(): void {
  const log = process.env['SYNC_LOG'];
  if (log === undefined) return;
  const descriptor = fs.openSync(log, 'a');
  const paths = new Map<number, string>();
  const { openSync, fsyncSync } = fs;
  const { open } = fs.promises;
  /** Up to where each file is synced. */
  const ends = new Map<string, number>();
  const record = (covered: Synced | undefined): void => {
    if (covered === undefined) return;
    if ('size' in covered) ends.set(covered.id, Math.max(covered.size, ends.get(covered.id) ?? 0));
    writeSync(descriptor, `${JSON.stringify(covered)}\n`);
  };
  /** Files whose writes sync. */
  const syncing = new Set<number>();
  let wrapped = false;
  fs.promises.open = async (path, flags, mode) => {
    const handle = await open(path, flags, mode);
    paths.set(handle.fd, pathOf(path));
    if (typeof flags === 'number' && (flags & fs.constants.O_DSYNC) !== 0) syncing.add(handle.fd);
    else syncing.delete(handle.fd);
    if (!wrapped) wrap(Object.getPrototypeOf(handle) as FileHandle);
    wrapped = true;
    return handle;
  };
  const wrap = (prototype: FileHandle): void => {
    for (const name of ['sync', 'datasync'] as const) {
      const real = prototype[name];
      prototype[name] = async function sync(this: FileHandle): Promise<void> {
        const path = paths.get(this.fd)!;
        // What is written while the sync is under way is not covered by it.
        const covered = describe(path);
        step(`before sync of ${path}`);
        await real.call(this);
        record(covered);
        step(`after sync of ${path}`);
      };
    }
    const { writev } = prototype;
    const synced = async (handle: FileHandle, buffers: Buffers, position?: number) => {
      const path = paths.get(handle.fd)!;
      if (!syncing.has(handle.fd)) return writev.call(handle, buffers, position);
      if (position === undefined) throw new Error(`a synced write of ${path} without a place`);
      step(`before synced write of ${path}`);
      const result = await writev.call(handle, buffers, position);
      step(`in synced write of ${path}`);
      // Of what other writes left before and behind it, it says nothing.
      const id = idOf(path);
      if (id !== undefined && position <= (ends.get(id) ?? 0))
        record({ id, size: position + result.bytesWritten });
      step(`after synced write of ${path}`);
      return result;
    };
    prototype.writev = function write(this: FileHandle, buffers: Buffers, position?: number) {
      return synced(this, buffers, position);
    } as typeof writev;
  };
  fs.openSync = (path, ...rest) => {
    const opened = openSync(path, ...rest);
    paths.set(opened, pathOf(path));
    return opened;
  };
  fs.fsyncSync = (opened) => {
    const covered = describe(paths.get(opened)!);
    fsyncSync(opened);
    record(covered);
  };
  syncBuiltinESMExports();
}

type Buffers = readonly NodeJS.ArrayBufferView[];

const pathOf = (path: fs.PathLike): string =>
  path instanceof URL ? fileURLToPath(path) : path.toString();

function describe(path: string): Synced | undefined {
  const id = idOf(path);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (id === undefined || stat === undefined) return undefined;
  if (!stat.isDirectory()) return { id, size: stat.size };
  const names: Record<string, string> = {};
  for (const name of readdirSync(path)) names[name] = idOf(join(path, name)) ?? '';
  return { id, names };
}
