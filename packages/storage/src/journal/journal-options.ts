import type { FileSystem } from '../file-system/file-system.ts';
import type { ReadFrame } from './frame.ts';

/**
 * `durable`: what is acknowledged survives a power loss; `syncDelayMs` waits that long for more records to share a sync
 * with. `relaxed`: it survives the death of the process, and a power loss takes at most the last `syncDelayMs`.
 */
export interface Durability {
  readonly mode: 'durable' | 'relaxed';
  readonly syncDelayMs: number;
}

/** What the journal asks between writing and acknowledging. */
export interface JournalOwner {
  /** Another process took the journal over and may still be writing; what it writes from here on does not count. */
  readonly forced: boolean;
  /** The last record that was synced and acknowledged before, as far as is known; 0 when nothing is known. */
  readonly lastDurable: number;
  /** @throws `stale_writer` when another process took the journal over */
  confirm(): void;
  /** Everything up to this sequence is acknowledged. */
  acknowledged(sequence: number): void;
  /** Every record up to this one is acknowledged and survives a power loss. */
  durable(sequence: number): void;
}

export interface JournalOptions {
  readonly fs: FileSystem;
  readonly directory: string;
  /** 16 bytes; frames of another store are refused. */
  readonly storeId: Uint8Array;
  /** The least sequence that a new record may get, since older segments may be gone. */
  readonly next: number;
  /** When records are acknowledged: after they are synced, or after they are written. */
  readonly durability?: Durability;
  /** Who may acknowledge; nobody else writes the directory unless told. */
  readonly owner?: JournalOwner;
  /** Called for every record that is part of the journal, in order, before anything is served. */
  readonly onRecord: (record: ReadFrame, segment: string) => void;
}
