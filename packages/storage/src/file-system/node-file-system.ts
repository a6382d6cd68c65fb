import { constants } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import type { File, FileSystem } from './file-system.ts';
import { makeDirectory, syncDirectory } from './make-directory.ts';

/** Buffers that one system call takes. */
const IOV_MAX = 1024;

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
  readonly size: number;

  constructor(handle: FileHandle, path: string, size: number) {
    this.#handle = handle;
    this.#path = path;
    this.size = size;
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    return writeAll(this.#handle, buffers, position);
  }

  async writeSynced(buffers: readonly Uint8Array[], position: number): Promise<void> {
    if (SYNCED !== undefined) {
      this.#synced ??= open(this.#path, SYNCED);
      return writeAll(await this.#synced, buffers, position);
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
    } finally {
      await this.#handle.close();
    }
  }
}

async function writeAll(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let at = position;
  for (let k = 0; k < buffers.length; k += IOV_MAX) {
    const some = buffers.slice(k, k + IOV_MAX);
    const length = some.reduce((n, buffer) => n + buffer.byteLength, 0);
    const { bytesWritten } = await handle.writev(some, at);
    if (bytesWritten < length) await writeRest(handle, some, bytesWritten, at);
    at += length;
  }
}

/** A system call may write less than it was given; what is left goes one buffer at a time. */
async function writeRest(
  handle: FileHandle,
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
      const { bytesWritten } = await handle.write(buffer, from, buffer.byteLength - from, at);
      from += bytesWritten;
      at += bytesWritten;
    }
  }
}

/** The file system of the machine. */
export const nodeFileSystem: FileSystem = {
  makeDirectory,
  async list(path) {
    return (await readdir(path)).toSorted();
  },
  async create(path) {
    return new NodeFile(await open(path, NEW), path, 0);
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
