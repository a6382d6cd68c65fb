import { join } from 'node:path';
import { encodeJson } from '../codec/json-record.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import { frameBytes } from './frame.ts';
import { OpenSegment } from './open-segment.ts';
import { ABORT, type AbortedRange } from './recovery.ts';

/** Makes the segments of a journal, one after the other. */
export class SegmentMaker {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #storeId: Uint8Array;
  readonly #synced: boolean;
  /**
   * Segments after seals that are to come, by their first sequence: made while those before are still written. There are as
   * many as segments wait to be sealed, which memory for ticks bounds.
   */
  readonly #ahead = new Map<number, Promise<OpenSegment | undefined>>();

  constructor(fs: FileSystem, directory: string, storeId: Uint8Array, synced: boolean) {
    this.#fs = fs;
    this.#directory = directory;
    this.#storeId = storeId;
    this.#synced = synced;
  }

  /** Begins to make the segment whose first record has this sequence. */
  prepare(first: number): void {
    if (this.#ahead.has(first)) return;
    // What fails now may do when it is needed; if it does not, whoever needs it is told then.
    const segment = this.#create(first).catch(() => undefined);
    this.#ahead.set(first, segment);
  }

  /** The segment whose first record has this sequence; what was made for one before it is forgotten. */
  async make(first: number): Promise<OpenSegment> {
    await this.forget(first);
    const made = await this.#ahead.get(first);
    this.#ahead.delete(first);
    return made ?? this.#create(first);
  }

  /** A segment whose first record says, durably, which sequences before it are absent. */
  async makeWithout(sequence: number, absent: AbortedRange): Promise<OpenSegment> {
    const segment = await this.make(sequence);
    try {
      const record = encodeJson(ABORT, absent);
      const { done, end } = segment.write([{ record, sequence, bytes: frameBytes(record) }]);
      await done;
      await segment.sync();
      segment.acknowledge(end);
    } catch (error) {
      await segment.close();
      throw error;
    }
    return segment;
  }

  /**
   * Removes what was prepared for sequences before `first`: nothing was written to it, so that it is no part of the journal.
   */
  async forget(first = Infinity): Promise<void> {
    for (const [other, ahead] of this.#ahead) {
      if (other >= first) continue;
      this.#ahead.delete(other);
      const segment = await ahead;
      if (segment === undefined) continue;
      await segment.close();
      // Left behind it is no harm: opening removes it.
      await this.#fs.remove(join(this.#directory, segment.name)).catch(() => undefined);
    }
  }

  #create(first: number): Promise<OpenSegment> {
    const identity = { storeId: this.#storeId, first };
    return OpenSegment.create(this.#fs, this.#directory, identity, this.#synced);
  }
}
