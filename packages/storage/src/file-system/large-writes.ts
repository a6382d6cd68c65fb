import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AlignedBlocks } from './aligned-blocks.ts';
import { byteRange, totalBytes } from './byte-range.ts';
import { writeAll } from './write-all.ts';

/** From so many bytes on, what the system's cache costs is more than what passing it by does. */
export const LARGE_BYTES = 1_048_576;
/** Where writes past the cache begin and end: at multiples of this, on any file system. */
const ALIGNED = 4096;

/** Only Linux has it; macOS and Windows have other ways, which Node does not offer. */
const DIRECT = process.platform === 'linux' ? constants.O_DIRECT : undefined;

/** Of all files of the process: two writes of some megabytes at a time, each in two pieces. */
const shared = new AlignedBlocks(4, 4_194_304);

/**
 * Writes of much at once to one file, past the system's cache: the cache would copy each page, then give it to the disk, and
 * nobody reads it there again before it is in parts. What lies in whole blocks is copied into aligned memory and goes to the
 * disk from there; a few bytes before and behind go through the cache. Where the file system does not take such writes, all
 * goes through the cache.
 */
export class LargeWrites {
  readonly #path: string;
  readonly #flags: number;
  readonly #blocks: AlignedBlocks;
  #direct: Promise<FileHandle | undefined> | undefined;
  #refused = DIRECT === undefined;

  /** Of a file that is opened with `flags`, for writing. */
  constructor(path: string, flags: number, blocks = shared) {
    this.#path = path;
    this.#flags = flags;
    this.#blocks = blocks;
  }

  /** Writes all bytes of all buffers from `position` on; `handle` is of the same file and the same flags. */
  async write(handle: FileHandle, buffers: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = totalBytes(buffers);
    const direct = this.#refused ? undefined : await (this.#direct ??= this.#open());
    if (totalBytes(buffers) !== bytes) throw new Error('memory was taken away while it waited');
    if (direct === undefined) return writeAll(handle, buffers, position);
    const end = position + bytes;
    const firstBlock = Math.ceil(position / ALIGNED) * ALIGNED;
    const lastEnd = Math.floor(end / ALIGNED) * ALIGNED;
    const range = (from: number, to: number): readonly Uint8Array[] =>
      byteRange(buffers, from - position, to - position);
    const writes = [
      writeAll(handle, range(position, firstBlock), position),
      writeAll(handle, range(lastEnd, end), lastEnd),
    ];
    const step = this.#blocks.bytes;
    for (let at = firstBlock; at < lastEnd; at += step) {
      const views = range(at, Math.min(at + step, lastEnd));
      writes.push(this.#writeBlock(handle, direct, views, at));
    }
    // All of them: whoever is told that it failed may cut the file.
    for (const write of await Promise.allSettled(writes))
      if (write.status === 'rejected') throw write.reason;
  }

  async #writeBlock(
    handle: FileHandle,
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
      if (written < length) await writeAll(handle, [rest], position + written);
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
      if (code !== 'EINVAL' && code !== 'EOPNOTSUPP') throw error;
      // Some file systems say so only now.
      this.#refused = true;
      return 0;
    }
  }

  /** Undefined where the file cannot be opened so: then it is written through the cache, which says what is wrong, if anything. */
  async #open(): Promise<FileHandle | undefined> {
    try {
      return await open(this.#path, this.#flags | DIRECT!);
    } catch {
      this.#refused = true;
      return undefined;
    }
  }

  async close(): Promise<void> {
    await (await this.#direct)?.close();
  }
}
