import { join } from 'node:path';
import type { File, FileSystem } from '../file-system/file-system.ts';
import { FrameBatch } from './frame-batch.ts';
import { encodeHeader, HEADER_BYTES, type NumberedRecord, type SegmentIdentity } from './frame.ts';
import { segmentName } from './segment.ts';

/** Records on their way into a segment. */
export interface SegmentWrite {
  /** Resolves when the next write may begin, if that is not at once; never rejects. */
  readonly begun: Promise<void> | undefined;
  /** Resolves when the records survive a power loss, or with `relaxed` the death of the process. */
  readonly done: Promise<void>;
  /** Where it ends. */
  readonly end: SegmentEnd;
}

interface SegmentEnd {
  readonly bytes: number;
  /** The sequence behind its last record. */
  readonly next: number;
}

/**
 * The segment that records go to now. A write syncs itself; one that begins meanwhile is only written, and the sync that
 * comes next covers it and all others that were written by then: so one is copied while the disk works on the other.
 */
export class OpenSegment {
  readonly name: string;
  readonly #file: File;
  readonly #identity: SegmentIdentity;
  /** Writes are to survive a power loss. */
  readonly #synced: boolean;
  /** Memory of the write that syncs itself, and of the one beside it. */
  readonly #batch = new FrameBatch();
  #beside: FrameBatch | undefined;
  /** Where what is acknowledged ends. */
  #acknowledged: SegmentEnd;
  /** Where the next write begins. */
  #end = HEADER_BYTES;
  /** The sequence behind what was written. */
  #next: number;
  /** Records before it survive a power loss. */
  #proven: number;
  /** A synced write, or a sync, that is under way. */
  #syncing: Promise<void> | undefined;
  #syncFailed: { readonly cause: unknown } | undefined;

  private constructor(file: File, identity: SegmentIdentity, synced: boolean) {
    this.name = segmentName(identity.first);
    this.#file = file;
    this.#identity = identity;
    this.#synced = synced;
    this.#next = this.#proven = identity.first;
    this.#acknowledged = { bytes: HEADER_BYTES, next: identity.first };
  }

  /** A new file with a header; both survive a power loss. */
  static async create(
    fs: FileSystem,
    directory: string,
    identity: SegmentIdentity,
    synced: boolean,
  ): Promise<OpenSegment> {
    const path = join(directory, segmentName(identity.first));
    const file = await fs.create(path);
    const segment = new OpenSegment(file, identity, synced);
    try {
      await file.write([encodeHeader(identity)], 0);
      // Side by side they are one transaction of the file system.
      const syncs = await Promise.allSettled([file.sync(), fs.syncDirectory(directory)]);
      for (const end of syncs) if (end.status === 'rejected') throw end.reason;
    } catch (error) {
      await segment.close();
      // A segment without records is no harm, and opening removes it; on a full disk every try would leave one.
      await fs.remove(path).catch(() => undefined);
      throw error;
    }
    return segment;
  }

  /** Begins to write records behind those before; not before the last one has `begun`. */
  write(records: readonly NumberedRecord[]): SegmentWrite {
    const alone = this.#syncing === undefined;
    const batch = alone ? this.#batch : (this.#beside ??= new FrameBatch());
    const { buffers, bytes } = batch.encode(records, this.#proven, this.#identity);
    const position = this.#end;
    this.#end += bytes;
    const next = records.at(-1)!.sequence + 1;
    const end = { bytes: this.#end, next };
    if (this.#synced && alone) {
      const done = this.#sync(() => this.#file.writeSynced(buffers, position), next);
      return { begun: undefined, done, end };
    }
    const written = this.#written(this.#file.write(buffers, position), next);
    const begun = written.catch(() => undefined);
    return { begun, done: this.#synced ? this.#cover(written, next) : written, end };
  }

  async #written(writing: Promise<void>, next: number): Promise<void> {
    await writing;
    this.#next = Math.max(this.#next, next);
  }

  /** Resolves when a sync has covered what was written. */
  async #cover(written: Promise<void>, next: number): Promise<void> {
    await written;
    while (this.#proven < next) await (this.#syncing ?? this.#sync(() => this.#file.sync()));
  }

  /** One at a time. When one failed, a second may lie, and is not asked for. */
  async #sync(work: () => Promise<void>, next = this.#next): Promise<void> {
    if (this.#syncFailed !== undefined) throw this.#syncFailed.cause;
    this.#syncing = work();
    try {
      await this.#syncing;
      this.#next = Math.max(this.#next, next);
      this.#proven = Math.max(this.#proven, next);
    } catch (cause) {
      this.#syncFailed = { cause };
      throw cause;
    } finally {
      this.#syncing = undefined;
    }
  }

  /** What was written up to here is part of the journal. */
  acknowledge(end: SegmentEnd): void {
    this.#acknowledged = end;
  }

  get unsynced(): boolean {
    return this.#proven < this.#next;
  }

  /** Syncs what no sync has covered yet; resolves with the last record that it covered, if it was asked for. */
  async sync(): Promise<number | undefined> {
    while (this.#syncing !== undefined) await this.#syncing.catch(() => undefined);
    if (this.#syncFailed !== undefined || !this.unsynced) return undefined;
    const next = this.#next;
    await this.#sync(() => this.#file.sync());
    return next - 1;
  }

  /** Cuts off what is not acknowledged. */
  async cutBack(): Promise<void> {
    const { bytes, next } = this.#acknowledged;
    this.#next = next;
    await this.#file.truncate(bytes);
  }

  async close(): Promise<void> {
    try {
      await this.#file.close();
    } catch {
      // Everything acknowledged in it is synced; what closing says of it changes nothing.
    }
  }
}
