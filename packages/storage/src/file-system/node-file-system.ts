import { constants } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { totalBytes } from './byte-range.ts';
import type { File, FileSystem } from './file-system.ts';
import { LARGE_BYTES, LargeWrites } from './large-writes.ts';
import { makeDirectory, syncDirectory } from './make-directory.ts';
import { writeAll } from './write-all.ts';

const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
/** Only Linux promises of `O_DSYNC` what a sync does. */
const SYNCED = process.platform === 'linux' ? constants.O_WRONLY | constants.O_DSYNC : undefined;

class NodeFile implements File {
  readonly #handle: FileHandle;
  readonly #path: string;
  /**
   * The same file, opened by the first synced write so that each is one call: its result is there however busy the main thread
   * was in between.
   */
  #synced: Promise<FileHandle> | undefined;
  /** Of files that are going to be synced. */
  readonly #large: { readonly plain: LargeWrites; readonly synced: LargeWrites } | undefined;
  readonly size: number;

  constructor(handle: FileHandle, path: string, size: number, { synced = false } = {}) {
    this.#handle = handle;
    this.#path = path;
    this.size = size;
    if (!synced) return;
    this.#large = {
      plain: new LargeWrites(path, constants.O_WRONLY),
      synced: new LargeWrites(path, SYNCED ?? constants.O_WRONLY),
    };
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    return put(this.#handle, this.#large?.plain, buffers, position);
  }

  async writeSynced(buffers: readonly Uint8Array[], position: number): Promise<void> {
    if (SYNCED !== undefined) {
      this.#synced ??= open(this.#path, SYNCED);
      return put(await this.#synced, this.#large?.synced, buffers, position);
    }
    await this.write(buffers, position);
    await this.sync();
  }

  async read(into: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < into.byteLength) {
      const { bytesRead } = await this.#handle.read(
        into,
        done,
        into.byteLength - done,
        position + done,
      );
      if (bytesRead === 0) throw new Error(`the file ended ${into.byteLength - done} bytes early`);
      done += bytesRead;
    }
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async truncate(size: number): Promise<void> {
    await this.#handle.truncate(size);
  }

  async close(): Promise<void> {
    try {
      // One that could not be opened was told of by the write that asked for it.
      const synced = await this.#synced?.catch(() => undefined);
      await synced?.close();
      await this.#large?.plain.close();
      await this.#large?.synced.close();
    } finally {
      await this.#handle.close();
    }
  }
}

function put(
  handle: FileHandle,
  large: LargeWrites | undefined,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  if (large === undefined || totalBytes(buffers) < LARGE_BYTES)
    return writeAll(handle, buffers, position);
  return large.write(handle, buffers, position);
}

/** The file system of the machine. */
export const nodeFileSystem: FileSystem = {
  makeDirectory,
  async list(path) {
    return (await readdir(path)).toSorted();
  },
  async create(path, use) {
    return new NodeFile(await open(path, NEW), path, 0, use);
  },
  async open(path) {
    const handle = await open(path, 'r+');
    return new NodeFile(handle, path, (await handle.stat()).size);
  },
  async remove(path) {
    await rm(path, { force: true });
  },
  syncDirectory,
};
