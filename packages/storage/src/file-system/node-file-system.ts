import { constants } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import type { File, FileSystem } from './file-system.ts';
import { makeDirectory, syncDirectory } from './make-directory.ts';

/** Buffers that one system call takes. */
const IOV_MAX = 1024;

const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
/**
 * One call that writes and syncs: its result is there when the main thread looks, however busy that was in between. Only
 * on Linux does it promise what a sync does.
 */
const SYNCED = process.platform === 'linux' ? constants.O_DSYNC : undefined;

class NodeFile implements File {
  readonly #handle: FileHandle;
  /** Each write is followed by a sync. */
  readonly #syncing: boolean;
  readonly size: number;

  constructor(handle: FileHandle, size: number, syncing: boolean) {
    this.#handle = handle;
    this.size = size;
    this.#syncing = syncing;
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    await this.#write(buffers, position);
    if (this.#syncing) await this.sync();
  }

  async #write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let at = position;
    for (let k = 0; k < buffers.length; k += IOV_MAX) {
      const some = buffers.slice(k, k + IOV_MAX);
      const length = some.reduce((n, buffer) => n + buffer.byteLength, 0);
      const { bytesWritten } = await this.#handle.writev(some, at);
      if (bytesWritten < length) await this.#writeRest(some, bytesWritten, at);
      at += length;
    }
  }

  /** A system call may write less than it was given; what is left goes one buffer at a time. */
  async #writeRest(
    buffers: readonly Uint8Array[],
    written: number,
    position: number,
  ): Promise<void> {
    let skip = written;
    let at = position + written;
    for (const buffer of buffers) {
      let from = Math.min(skip, buffer.byteLength);
      skip -= from;
      while (from < buffer.byteLength) {
        const { bytesWritten } = await this.#handle.write(
          buffer,
          from,
          buffer.byteLength - from,
          at,
        );
        from += bytesWritten;
        at += bytesWritten;
      }
    }
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
    await this.#handle.close();
  }
}

/** The file system of the machine. */
export const nodeFileSystem: FileSystem = {
  makeDirectory,
  async list(path) {
    return (await readdir(path)).toSorted();
  },
  async create(path) {
    return new NodeFile(await open(path, NEW), 0, false);
  },
  async createSynced(path) {
    return new NodeFile(await open(path, NEW | (SYNCED ?? 0)), 0, SYNCED === undefined);
  },
  async open(path) {
    const handle = await open(path, 'r+');
    return new NodeFile(handle, (await handle.stat()).size, false);
  },
  async remove(path) {
    await rm(path, { force: true });
  },
  syncDirectory,
};
