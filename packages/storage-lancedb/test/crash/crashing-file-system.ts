import { nodeFileSystem, type File, type FileSystem, type FileUse } from '@archetype/storage';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Written {
  /** Bytes that a sync covered. */
  synced: number;
  size: number;
  /** A sync of its directory covered its name. */
  named: boolean;
}

/**
 * The real file system, until the call that it was told: that call fails, or nothing is answered from there on, as when
 * the process dies or the power fails.
 */
export class CrashingFileSystem implements FileSystem {
  calls = 0;
  readonly #at: number;
  readonly #kind: 'die' | 'fail';
  readonly #files = new Map<string, Written>();
  readonly #open = new Set<File>();
  #off = false;
  off: () => void = () => undefined;

  constructor(at = -1, kind: 'die' | 'fail' = 'die') {
    this.#at = at;
    this.#kind = kind;
  }

  /**
   * Takes from a copy of the directory what a disk may not have after a power loss: of what no sync covered, all, or only
   * the beginning, since a disk writes in the order that it likes.
   */
  async forget(from: string, copy: string, loss: 'all' | 'beginning'): Promise<void> {
    for (const [path, { synced, size, named }] of this.#files) {
      const there = join(copy, path.slice(from.length));
      if (!named) await rm(there, { force: true });
      if (!named || synced === size || !existsSync(there)) continue;
      const bytes = await readFile(there);
      const lost = (synced + size) >> 1;
      await writeFile(
        there,
        loss === 'all' ? bytes.subarray(0, synced) : bytes.fill(0, synced, lost),
      );
    }
  }

  async closeAll(): Promise<void> {
    for (const file of this.#open) await file.close();
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#off) return new Promise(() => undefined);
    if (this.calls++ === this.#at) {
      if (this.#kind === 'fail') throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
      this.#off = true;
      this.off();
      return new Promise(() => undefined);
    }
    return work();
  }

  makeDirectory(path: string): Promise<void> {
    return this.#call(() => nodeFileSystem.makeDirectory(path));
  }
  list(path: string): Promise<readonly string[]> {
    return this.#call(() => nodeFileSystem.list(path));
  }
  async create(path: string, use?: FileUse): Promise<File> {
    const file = await this.#call(() => nodeFileSystem.create(path, use));
    this.#files.set(path, { synced: 0, size: 0, named: false });
    return this.#wrap(path, file);
  }
  async open(path: string): Promise<File> {
    const file = await this.#call(() => nodeFileSystem.open(path));
    this.#files.set(path, { synced: file.size, size: file.size, named: true });
    return this.#wrap(path, file);
  }
  async remove(path: string): Promise<void> {
    await this.#call(() => nodeFileSystem.remove(path));
    this.#files.delete(path);
  }
  async syncDirectory(path: string): Promise<void> {
    await this.#call(() => nodeFileSystem.syncDirectory(path));
    for (const [file, written] of this.#files) if (dirname(file) === path) written.named = true;
  }

  /** A synced write is two calls: the disk may hold all of it before it is answered. */
  #wrap(path: string, file: File): File {
    this.#open.add(file);
    const written = this.#files.get(path)!;
    const sync = (): Promise<void> =>
      this.#call(async () => {
        // What is written while the sync is under way is not covered by it.
        const { size } = written;
        await file.sync();
        written.synced = Math.max(written.synced, Math.min(size, written.size));
      });
    const write: File['write'] = (buffers, position) =>
      this.#call(async () => {
        await file.write(buffers, position);
        const end = buffers.reduce((n, buffer) => n + buffer.byteLength, position);
        written.size = Math.max(written.size, end);
      });
    return {
      size: file.size,
      write,
      writeSynced: async (buffers, position) => {
        await write(buffers, position);
        await sync();
      },
      read: (into, position) => this.#call(() => file.read(into, position)),
      sync,
      truncate: (size) =>
        this.#call(async () => {
          await file.truncate(size);
          written.size = size;
          written.synced = Math.min(written.synced, size);
        }),
      close: () =>
        this.#call(async () => {
          this.#open.delete(file);
          await file.close();
        }),
    };
  }
}
