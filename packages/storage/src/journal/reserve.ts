import { join } from 'node:path';
import type { FileSystem } from '../file-system/file-system.ts';

/** No segment: readers of the journal pass it over. */
const NAME = 'reserve';
/** Room for a segment of one note on any file system, with what it needs for the name and the file itself. */
const BYTES = 65_536;

/**
 * Bytes of the disk that are kept so that a full disk has room to say that a record is absent. Without them nothing is
 * written: a write that fails could not be taken back for certain.
 */
export class Reserve {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #path: string;
  #held = false;

  constructor(fs: FileSystem, directory: string) {
    this.#fs = fs;
    this.#directory = directory;
    this.#path = join(directory, NAME);
  }

  get held(): boolean {
    return this.#held;
  }

  /** Makes the reserve unless it is there. @throws what the disk says when it has no room */
  async hold(): Promise<void> {
    if (!(await this.#isThere())) await this.#make();
    this.#held = true;
  }

  /** Gives the bytes to whoever writes next. */
  async giveUp(): Promise<void> {
    this.#held = false;
    try {
      await this.#fs.remove(this.#path);
      // Some file systems hand bytes out again only when their removal is durable.
      await this.#fs.syncDirectory(this.#directory);
    } catch {
      // Whoever needs the bytes is told by the disk whether it has them.
    }
  }

  /** A process that died while it made one left a shorter file. */
  async #isThere(): Promise<boolean> {
    if (!(await this.#fs.list(this.#directory)).includes(NAME)) return false;
    const file = await this.#fs.open(this.#path);
    await file.close();
    return file.size === BYTES;
  }

  async #make(): Promise<void> {
    await this.#fs.remove(this.#path);
    const file = await this.#fs.create(this.#path);
    try {
      // Not zeros: some file systems keep no bytes for those.
      await file.write([new Uint8Array(BYTES).fill(0x5a)], 0);
      await file.sync();
      await file.close();
      await this.#fs.syncDirectory(this.#directory);
    } catch (error) {
      await file.close().catch(() => undefined);
      // What there is of it would only fill the disk further.
      await this.#fs.remove(this.#path).catch(() => undefined);
      throw error;
    }
  }
}
