import type { ArchetypeError } from '@archetype/core';
import type { Caller } from './answers.ts';
import type { NumberedRecord } from './frame.ts';

/** A record whose caller waits for it. */
export interface Waiting extends NumberedRecord, Caller {
  readonly kind: 'record';
  readonly reject: (error: ArchetypeError) => void;
}

/** Asks that the segment ends after what came before. */
export interface Seal {
  readonly kind: 'seal';
  readonly resolve: (name: string | undefined) => void;
}

/** From here on bytes do not wait for the write that is under way: they are written beside it, while the disk works. */
const BESIDE_BYTES = 1_048_576;

/** What waits to be written, in order. */
export class Queue {
  #entries: (Waiting | Seal)[] = [];
  #bytes = 0;

  get first(): Waiting | Seal | undefined {
    return this.#entries[0];
  }

  get length(): number {
    return this.#entries.length;
  }

  /** So much waits, in one record or in many, behind seals too, that it does not wait for the write under way. */
  get large(): boolean {
    return this.#bytes >= BESIDE_BYTES;
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
      if (entry.kind === 'seal' || bytes >= BESIDE_BYTES) break;
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
