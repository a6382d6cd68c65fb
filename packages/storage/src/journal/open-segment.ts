import { join } from 'node:path';
import type { File, FileSystem } from '../file-system/file-system.ts';
import { checkWhole } from '../file-system/total-bytes.ts';
import { FrameBatch } from './frame-batch.ts';
import { encodeHeader, HEADER_BYTES, type NumberedRecord, type SegmentIdentity } from './frame.ts';
import { segmentName } from './segment.ts';

/** Writes that do not sync themselves, at a time: when one ends the disk has the next, however busy the main thread is. */
const BESIDE = 2;

/** A place for a write that does not sync itself. */
interface Place {
  readonly batch: FrameBatch;
  /** Settles when it is free again. */
  written: Promise<void> | undefined;
}

/** Records on their way into a segment. */
export interface SegmentWrite {
  /** Resolves when the next write may begin; undefined: at once. Never rejects. */
  readonly room: Promise<void> | undefined;
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
 * The segment that records go to now. A write that finds the disk idle syncs itself; one that begins meanwhile is only written,
 * and the sync that comes next covers it and all others that were written by then, so that the disk
 * always has work. With `relaxed` no write syncs itself.
 */
export class OpenSegment {
  readonly name: string;
  readonly #file: File;
  readonly #identity: SegmentIdentity;
  /** Writes are to survive a power loss. */
  readonly #synced: boolean;
  /** Memory of the write that syncs itself; 256 KB, made when needed. */
  #batch: FrameBatch | undefined;
  /** For writes that do not, made when needed; the newest write has the last, and the first is the next to be free. */
  readonly #places: Place[] = [];
  /** Where what is acknowledged ends. */
  #acknowledged: SegmentEnd;
  /** Where the next write begins. */
  #end = HEADER_BYTES;
  /** The sequence behind what began to be written. */
  #begun: number;
  /** The sequence behind what was written, and all before it. */
  #written: number;
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
    this.#begun = this.#written = this.#proven = identity.first;
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
    const file = await fs.create(path, { durable: synced });
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

  /** Begins to write records behind those before, when the last write has left room for it. */
  write(records: readonly NumberedRecord[]): SegmentWrite {
    // It says of all before it that they are durable: none may be left to a sync, or be on its way.
    const syncsItself = this.#synced && this.#syncing === undefined && this.#proven === this.#begun;
    const newest = this.#places.at(-1)?.written;
    const place = syncsItself ? undefined : this.#takePlace();
    const batch = place?.batch ?? (this.#batch ??= new FrameBatch());
    const position = this.#end;
    const bytes = records.reduce((n, record) => n + record.bytes, 0);
    this.#end += bytes;
    const next = records.at(-1)!.sequence + 1;
    this.#begun = next;
    const end = { bytes: this.#end, next };
    const proven = this.#proven;
    const write = async (how: 'write' | 'writeSynced'): Promise<void> => {
      const buffers = batch.encode(records, proven, this.#identity);
      checkWhole(buffers, bytes);
      await this.#file[how](buffers, position);
    };
    if (place === undefined) {
      return { room: undefined, done: this.#sync(() => write('writeSynced'), next), end };
    }
    const written = this.#inOrder(newest, write('write'), next);
    place.written = written;
    const nextFree = this.#places.length < BESIDE ? undefined : this.#places[0]!.written;
    const room = nextFree?.catch(() => undefined);
    return { room, done: this.#synced ? this.#cover(written, next) : written, end };
  }

  #takePlace(): Place {
    const free = this.#places.length < BESIDE ? undefined : this.#places.shift();
    const place = free ?? { batch: new FrameBatch(), written: undefined };
    this.#places.push(place);
    return place;
  }

  /** Ends after those before it, and fails with them: behind a hole, bytes prove nothing. */
  async #inOrder(
    before: Promise<void> | undefined,
    writing: Promise<void>,
    next: number,
  ): Promise<void> {
    for (const end of await Promise.allSettled([before, writing]))
      if (end.status === 'rejected') throw end.reason;
    this.#written = Math.max(this.#written, next);
  }

  /** Resolves when a sync has covered what was written. */
  async #cover(written: Promise<void>, next: number): Promise<void> {
    await written;
    while (this.#proven < next) await (this.#syncing ?? this.#sync(() => this.#file.sync()));
  }

  /** One at a time. When one failed, a second may lie, and is not asked for. */
  async #sync(work: () => Promise<void>, next = this.#written): Promise<void> {
    if (this.#syncFailed !== undefined) throw this.#syncFailed.cause;
    this.#syncing = work();
    try {
      await this.#syncing;
      this.#written = Math.max(this.#written, next);
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

  /** The sequence behind what is acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged.next;
  }

  get unsynced(): boolean {
    return this.#proven < this.#written;
  }

  /** Syncs what no sync has covered yet; resolves with the last record that it covered, if it was asked for. */
  async sync(): Promise<number | undefined> {
    while (this.#syncing !== undefined) await this.#syncing.catch(() => undefined);
    if (this.#syncFailed !== undefined || !this.unsynced) return undefined;
    const next = this.#written;
    await this.#sync(() => this.#file.sync());
    return next - 1;
  }

  /** Cuts off what is not acknowledged. */
  async cutBack(): Promise<void> {
    const { bytes, next } = this.#acknowledged;
    this.#written = next;
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
