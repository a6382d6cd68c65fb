import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AlignedBlocks } from './aligned-blocks.ts';
import { byteRange } from './byte-range.ts';
import { checkWhole, totalBytes } from './total-bytes.ts';
import { writeAll } from './write-all.ts';

/** From so many bytes on, the system's cache costs more than to go past it. */
const DIRECT_BYTES = 1_048_576;
/** Direct writes begin and end at multiples of this; a disk that wants larger ones refuses, and is written through the cache. */
const ALIGNED = 4096;

/** Only Linux has it; macOS and Windows have other ways, which Node does not offer. */
const DIRECT = process.platform === 'linux' ? constants.O_DIRECT : undefined;

/**
 * Memory for all files of the thread that writes, kept once it is used: two writes of some megabytes at a time, each in two
 * pieces.
 */
const shared = new AlignedBlocks(4, 4_194_304);

interface Options {
  /** Large writes are to go past the system's cache, where there is a way. */
  readonly direct: boolean;
  readonly blocks?: AlignedBlocks;
}

/**
 * Writes to a file that is open for writing. With `direct`, large writes go past the system's cache (direct I/O): it would copy
 * each page and then give it to the disk, and nobody reads it there before it is in parts. What lies between multiples of 4 096
 * bytes is copied into page-aligned memory and goes to the disk from there; the few bytes before and behind go through the
 * cache. Where the file system refuses, everything does.
 */
export class FileWriter {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #flags: number;
  readonly #blocks: AlignedBlocks;
  #direct: Promise<FileHandle | undefined> | undefined;
  #refused: boolean;

  /** `handle` is of the file at `path`, opened with `flags` for writing, and is closed with this. */
  constructor(
    handle: FileHandle,
    path: string,
    flags: number,
    { direct, blocks = shared }: Options,
  ) {
    this.#handle = handle;
    this.#path = path;
    this.#flags = flags;
    this.#blocks = blocks;
    this.#refused = !direct || DIRECT === undefined;
  }

  /** Writes all bytes of all buffers from `position` on. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = totalBytes(buffers);
    if (this.#refused || bytes < DIRECT_BYTES) return writeAll(this.#handle, buffers, position);
    return this.#writeLarge(buffers, bytes, position);
  }

  async #writeLarge(
    buffers: readonly Uint8Array[],
    bytes: number,
    position: number,
  ): Promise<void> {
    const handle = this.#handle;
    const direct = await (this.#direct ??= this.#open());
    // Opening took a while, and memory that is gone would be left out without an error.
    checkWhole(buffers, bytes);
    if (direct === undefined) return writeAll(handle, buffers, position);
    const end = position + bytes;
    const alignedBegin = Math.ceil(position / ALIGNED) * ALIGNED;
    // Something is always left behind it: some kernels sync a file's new size with a cached write only.
    const alignedEnd = Math.floor((end - 1) / ALIGNED) * ALIGNED;
    const range = (from: number, to: number): readonly Uint8Array[] =>
      byteRange(buffers, from - position, to - position);
    const writes = [
      writeAll(handle, range(position, alignedBegin), position),
      writeAll(handle, range(alignedEnd, end), alignedEnd),
    ];
    const step = this.#blocks.bytes;
    for (let at = alignedBegin; at < alignedEnd; at += step)
      writes.push(this.#writeBlock(direct, range(at, Math.min(at + step, alignedEnd)), at));
    // All of them end first: who is told of a failure cuts the file.
    for (const write of await Promise.allSettled(writes))
      if (write.status === 'rejected') throw write.reason;
  }

  async #writeBlock(
    direct: FileHandle,
    views: readonly Uint8Array[],
    position: number,
  ): Promise<void> {
    const block = await this.#blocks.lend();
    try {
      let length = 0;
      for (const view of views) {
        block.set(view, length);
        length += view.byteLength;
      }
      const written = await this.#writeDirect(direct, block, length, position);
      const rest = block.subarray(written, length);
      if (written < length) await writeAll(this.#handle, [rest], position + written);
    } finally {
      this.#blocks.giveBack(block);
    }
  }

  /** How much of it was written. */
  async #writeDirect(
    direct: FileHandle,
    block: Uint8Array,
    length: number,
    position: number,
  ): Promise<number> {
    try {
      return (await direct.write(block, 0, length, position)).bytesWritten;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
      // Some file systems say so only now.
      this.#refused = true;
      return 0;
    }
  }

  /**
   * Undefined where the file cannot be opened so, or there is no memory for it: then it is written through the cache, which says
   * what is wrong, if anything.
   */
  async #open(): Promise<FileHandle | undefined> {
    try {
      this.#blocks.make();
      return await open(this.#path, this.#flags | DIRECT!);
    } catch {
      this.#refused = true;
      return undefined;
    }
  }

  async close(): Promise<void> {
    try {
      await (await this.#direct)?.close();
    } finally {
      await this.#handle.close();
    }
  }
}
