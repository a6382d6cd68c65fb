import type { File, FileSystem } from '@archetype/storage';
import { basename, dirname } from 'node:path';

/** From so many bytes on, a write may go in pieces. */
const LARGE = 1_048_576;
const SECTOR = 512;

/** A file as the system shows it, and as it is on the disk. */
interface Content {
  cached: Uint8Array;
  durable: Uint8Array;
  /** Sectors that differ, as far as is known. */
  readonly dirty: Set<number>;
}

/** The process that asked is gone by the time of the answer. */
const never = (): Promise<never> => new Promise(() => undefined);

const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });

/**
 * A disk with a cache in memory. What was written is in sectors that nobody has synced; when the power fails, each of them
 * came to the disk or did not, whatever the order of the writes, and so did each name.
 */
export class SectorDisk implements FileSystem {
  readonly #random: () => number;
  #files = new Map<string, Content>();
  #named = new Map<string, Content>();
  /** Grows with each death of the process: calls of an earlier life are not answered. */
  #life = 0;
  /** Calls until one fails; 0 for none. */
  failAfter = 0;
  /** Steps of writes until the process dies, two to a write: before its end, and before its sync; 0 for none. */
  dieAfter = 0;

  /** `random` gives numbers from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The process is gone; what it wrote is still there. */
  kill(): void {
    this.#life++;
    this.failAfter = this.dieAfter = 0;
  }

  /** The process is gone, and of what no sync covered some is. */
  losePower(): void {
    this.kill();
    const names = new Map(this.#named);
    for (const [path, content] of this.#files)
      if (!names.has(path) && this.#random() < 0.5) names.set(path, content);
    this.#files = names;
    for (const content of names.values()) this.#loseSectors(content);
    this.#named = new Map(names);
  }

  #loseSectors(content: Content): void {
    const { cached, durable, dirty } = content;
    const more = Math.max(cached.length - durable.length, 0);
    const length = durable.length + Math.floor(this.#random() * (more + 1));
    const left = new Uint8Array(Math.min(length, Math.max(cached.length, durable.length)));
    left.set(durable.subarray(0, left.length));
    for (const sector of dirty) {
      const [from, to] = [sector * SECTOR, (sector + 1) * SECTOR];
      if (from < left.length && this.#random() < 0.5)
        left.set(cached.subarray(from, Math.min(to, left.length)), from);
    }
    content.cached = left;
    content.durable = left.slice();
    dirty.clear();
  }

  /** Files of a directory by name, as the system shows them. */
  contents(directory: string): ReadonlyMap<string, Uint8Array> {
    const inside = [...this.#files].filter(([path]) => dirname(path) === directory);
    return new Map(inside.map(([path, { cached }]) => [basename(path), cached]));
  }

  async #call(life = this.#life): Promise<void> {
    await Promise.resolve();
    if (life !== this.#life) await new Promise(() => undefined);
    if (this.failAfter > 0 && --this.failAfter === 0) throw failure('EIO');
  }

  async #dieHere(): Promise<void> {
    if (this.dieAfter > 0 && --this.dieAfter === 0) await new Promise(() => undefined);
  }

  makeDirectory(): Promise<void> {
    return this.#call();
  }
  async list(path: string): Promise<readonly string[]> {
    await this.#call();
    return [...this.contents(path).keys()].toSorted();
  }
  async create(path: string): Promise<File> {
    await this.#call();
    if (this.#files.has(path)) throw failure('EEXIST');
    const [cached, durable] = [new Uint8Array(0), new Uint8Array(0)];
    const content = { cached, durable, dirty: new Set<number>() };
    this.#files.set(path, content);
    return this.#open(content);
  }
  async open(path: string): Promise<File> {
    await this.#call();
    const content = this.#files.get(path);
    if (content === undefined) throw failure('ENOENT');
    return this.#open(content);
  }
  async remove(path: string): Promise<void> {
    await this.#call();
    this.#files.delete(path);
  }
  async syncDirectory(): Promise<void> {
    await this.#call();
    this.#named = new Map(this.#files);
  }

  /** A write that does not come to its end may have come to any place before; a large one, which goes in pieces, to any of them. */
  #putSome(content: Content, bytes: Uint8Array, position: number): void {
    const piece = bytes.length < LARGE ? bytes.length : Math.ceil(bytes.length / 8);
    for (let at = 0; at < bytes.length; at += piece) {
      const length = piece === bytes.length || this.#random() < 0.5 ? this.#random() * piece : 0;
      const whole = piece < bytes.length && this.#random() < 0.5 ? piece : Math.floor(length);
      if (whole > 0) put(content, bytes.subarray(at, at + whole), position + at);
    }
  }

  #open(content: Content): File {
    const life = this.#life;
    const sync = async (): Promise<void> => {
      // What is written while the sync is under way is not covered by it.
      const [covered, dirty] = [content.cached.slice(), [...content.dirty]];
      for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) await Promise.resolve();
      await this.#call(life);
      if (life !== this.#life) return never();
      content.durable = covered;
      for (const sector of dirty) if (same(content, covered, sector)) content.dirty.delete(sector);
    };
    const syncOnly = async (bytes: Uint8Array, position: number): Promise<void> => {
      await this.#call(life);
      if (life !== this.#life) return never();
      const durable = new Uint8Array(Math.max(content.durable.length, position + bytes.length));
      durable.set(content.durable);
      durable.set(bytes, position);
      content.durable = durable;
    };
    const write: File['write'] = async (buffers, position) => {
      if (life !== this.#life) await new Promise(() => undefined);
      const bytes = Buffer.concat(buffers);
      const dying = this.dieAfter === 1;
      if (dying || this.failAfter === 1) this.#putSome(content, bytes, position);
      await this.#dieHere();
      await this.#call(life);
      if (life !== this.#life) return never();
      put(content, bytes, position);
      await this.#dieHere();
    };
    return {
      size: content.cached.length,
      write,
      writeSynced: async (buffers, position) => {
        await write(buffers, position);
        await syncOnly(Buffer.concat(buffers), position);
      },
      read: async (into, position) => {
        await this.#call(life);
        into.set(content.cached.subarray(position, position + into.byteLength));
      },
      sync,
      truncate: async (size) => {
        await this.#call(life);
        const cut = new Uint8Array(size);
        cut.set(content.cached.subarray(0, size));
        content.cached = cut;
        content.dirty.add(Math.floor(size / SECTOR));
      },
      close: () => Promise.resolve(),
    };
  }
}

function same({ cached }: Content, covered: Uint8Array, sector: number): boolean {
  const [from, to] = [sector * SECTOR, (sector + 1) * SECTOR];
  return Buffer.compare(cached.subarray(from, to), covered.subarray(from, to)) === 0;
}

function put(content: Content, bytes: Uint8Array, position: number): void {
  const end = position + bytes.byteLength;
  const cached = new Uint8Array(Math.max(content.cached.length, end));
  cached.set(content.cached);
  cached.set(bytes, position);
  content.cached = cached;
  for (let sector = Math.floor(position / SECTOR); sector * SECTOR < end; sector++)
    content.dirty.add(sector);
}
