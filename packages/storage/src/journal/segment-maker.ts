import { join } from 'node:path';
import type { FileSystem } from '../file-system/file-system.ts';
import { OpenSegment } from './open-segment.ts';

/** Makes the segments of a journal, one after the other. */
export class SegmentMaker {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #storeId: Uint8Array;
  readonly #synced: boolean;
  /** The segment after a seal that is to come, made while the one before is still written. */
  #ahead:
    | { readonly first: number; readonly segment: Promise<OpenSegment | undefined> }
    | undefined;

  constructor(fs: FileSystem, directory: string, storeId: Uint8Array, synced: boolean) {
    this.#fs = fs;
    this.#directory = directory;
    this.#storeId = storeId;
    this.#synced = synced;
  }

  /** Begins to make the segment whose first record has this sequence. */
  prepare(first: number): void {
    if (this.#ahead !== undefined) return;
    // What fails now may do when it is needed; if it does not, whoever needs it is told then.
    const segment = this.#create(first).catch(() => undefined);
    this.#ahead = { first, segment };
  }

  /** The segment whose first record has this sequence; what was made for another is forgotten. */
  async make(first: number): Promise<OpenSegment> {
    if (this.#ahead?.first !== first) await this.forget();
    const made = await this.#ahead?.segment;
    this.#ahead = undefined;
    return made ?? this.#create(first);
  }

  /** Removes what was prepared: nothing was written to it, so that it is no part of the journal. */
  async forget(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const segment = await ahead?.segment;
    if (segment === undefined) return;
    await segment.close();
    // Left behind it is no harm: opening removes it.
    await this.#fs.remove(join(this.#directory, segment.name)).catch(() => undefined);
  }

  #create(first: number): Promise<OpenSegment> {
    const identity = { storeId: this.#storeId, first };
    return OpenSegment.create(this.#fs, this.#directory, identity, this.#synced);
  }
}
