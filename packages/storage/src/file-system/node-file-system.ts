import { constants } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import type { File, FileSystem, FileUse } from './file-system.ts';
import { FileWriter } from './file-writer.ts';
import { makeDirectory, syncDirectory } from './make-directory.ts';
import { checkWhole, totalBytes } from './total-bytes.ts';

const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
/** Only Linux promises of `O_DSYNC` what a sync does. */
const SYNCED = process.platform === 'linux' ? constants.O_WRONLY | constants.O_DSYNC : undefined;

class NodeFile implements File {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #direct: boolean;
  readonly #plain: FileWriter;
  /** Opened by the first synced write, so that each is one call: its result is there however busy the main thread is. */
  #synced: Promise<FileWriter> | undefined;
  readonly size: number;

  constructor(handle: FileHandle, path: string, size: number, { durable = false }: FileUse = {}) {
    this.#handle = handle;
    this.#path = path;
    this.size = size;
    this.#direct = durable;
    this.#plain = new FileWriter(handle, path, constants.O_WRONLY, { direct: durable });
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    return this.#plain.write(buffers, position);
  }

  async writeSynced(buffers: readonly Uint8Array[], position: number): Promise<void> {
    if (SYNCED !== undefined) {
      const bytes = totalBytes(buffers);
      const synced = await (this.#synced ??= this.#openSynced(SYNCED));
      // Opening took a while, and memory that is gone would be left out without an error.
      checkWhole(buffers, bytes);
      return synced.write(buffers, position);
    }
    await this.write(buffers, position);
    await this.sync();
  }

  async #openSynced(flags: number): Promise<FileWriter> {
    const handle = await open(this.#path, flags);
    return new FileWriter(handle, this.#path, flags, { direct: this.#direct });
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
      await this.#plain.close();
    }
  }
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
