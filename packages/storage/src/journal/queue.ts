import type { ArchetypeError } from '@archetype/core';
import type { Caller } from './answers.ts';
import type { NumberedRecord } from './frame.ts';

/** A record whose caller waits for it. */
export interface Waiting extends NumberedRecord, Caller {
  readonly kind: 'record';
  readonly bytes: number;
  readonly reject: (error: ArchetypeError) => void;
}

/** Asks that the segment ends after what came before. */
export interface Seal {
  readonly kind: 'seal';
  readonly resolve: (name: string | undefined) => void;
}

/** So many bytes do not wait for the write that is under way: they are copied while the disk works. */
const LARGE_BYTES = 1_048_576;

/** What waits to be written, in order. */
export class Queue {
  #entries: (Waiting | Seal)[] = [];
  #bytes = 0;

  get next(): Waiting | Seal | undefined {
    return this.#entries[0];
  }

  get length(): number {
    return this.#entries.length;
  }

  get large(): boolean {
    return this.#bytes >= LARGE_BYTES;
  }

  push(entry: Waiting | Seal): void {
    this.#entries.push(entry);
    if (entry.kind === 'record') this.#bytes += entry.bytes;
  }

  /** The records that share a write: those up to the next seal, or until they are large. */
  takeGroup(): readonly Waiting[] {
    const group: Waiting[] = [];
    let bytes = 0;
    for (const entry of this.#entries) {
      if (entry.kind === 'seal' || bytes >= LARGE_BYTES) break;
      group.push(entry);
      bytes += entry.bytes;
    }
    this.#entries = this.#entries.slice(group.length);
    this.#bytes -= bytes;
    return group;
  }

  takeSeal(): void {
    this.#entries.shift();
  }

  /** All records; seals stay. */
  takeRecords(): readonly Waiting[] {
    const records = this.#entries.filter((entry) => entry.kind === 'record');
    this.#entries = this.#entries.filter((entry) => entry.kind === 'seal');
    this.#bytes = 0;
    return records;
  }
}
