import { join } from 'node:path';
import { totalBytes } from '../file-system/byte-range.ts';
import type { File, FileSystem } from '../file-system/file-system.ts';
import { FrameBatch } from './frame-batch.ts';
import { encodeHeader, HEADER_BYTES, type NumberedRecord, type SegmentIdentity } from './frame.ts';
import { segmentName } from './segment.ts';

/** Writes beside a sync, at a time: when one ends the disk has the next, however busy the main thread is. */
const BESIDE = 2;

/** What one of them has to itself. */
interface Beside {
  readonly batch: FrameBatch;
  /** Resolves when it is written. Never rejects. */
  over: Promise<void> | undefined;
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
 * and the sync that comes next covers it and all others that were written by then: one is copied while the disk works on the
 * other. With `relaxed` no write syncs itself.
 */
export class OpenSegment {
  readonly name: string;
  readonly #file: File;
  readonly #identity: SegmentIdentity;
  /** Writes are to survive a power loss. */
  readonly #synced: boolean;
  /** Memory of the write that syncs itself; 256 KB, made when needed. */
  #batch: FrameBatch | undefined;
  /** Of those that do not, each the place of every second one. */
  readonly #beside: Beside[] = [];
  #besides = 0;
  /** Where what is acknowledged ends. */
  #acknowledged: SegmentEnd;
  /** Where the next write begins. */
  #end = HEADER_BYTES;
  /** The sequence behind what began to be written. */
  #begun: number;
  /** The sequence behind what was written, and all before it. */
  #next: number;
  /** Records before it survive a power loss. */
  #proven: number;
  /** Resolves when the newest write that does not sync itself is over. Never rejects. */
  #lastWritten: Promise<void> | undefined;
  /** A synced write, or a sync, that is under way. */
  #syncing: Promise<void> | undefined;
  #syncFailed: { readonly cause: unknown } | undefined;
  /** A write failed, and those behind it stand behind a hole. */
  #writeFailed: { readonly cause: unknown } | undefined;

  private constructor(file: File, identity: SegmentIdentity, synced: boolean) {
    this.name = segmentName(identity.first);
    this.#file = file;
    this.#identity = identity;
    this.#synced = synced;
    this.#begun = this.#next = this.#proven = identity.first;
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
    const file = await fs.create(path, { synced });
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
    const beside = syncsItself ? undefined : this.#nextBeside();
    const batch = beside?.batch ?? (this.#batch ??= new FrameBatch());
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
    if (beside === undefined) {
      return { room: undefined, done: this.#sync(() => write('writeSynced'), next), end };
    }
    const written = this.#written(write('write'), next, this.#lastWritten);
    this.#lastWritten = beside.over = written.catch(() => undefined);
    // The place that the next one takes.
    const room = this.#beside[this.#besides % BESIDE]?.over;
    return { room, done: this.#synced ? this.#cover(written, next) : written, end };
  }

  #nextBeside(): Beside {
    return (this.#beside[this.#besides++ % BESIDE] ??= {
      batch: new FrameBatch(),
      over: undefined,
    });
  }

  /** In the order of beginning: what stands behind a hole proves nothing. */
  async #written(
    writing: Promise<void>,
    next: number,
    before: Promise<void> | undefined,
  ): Promise<void> {
    try {
      await writing;
    } catch (cause) {
      this.#writeFailed ??= { cause };
    }
    await before;
    if (this.#writeFailed !== undefined) throw this.#writeFailed.cause;
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

  /** The sequence behind what is acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged.next;
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

/**
 * Memory that was transferred to another thread while it waited here is gone, and the next write would begin behind a hole.
 * What is copied throws by itself.
 */
function checkWhole(buffers: readonly Uint8Array[], bytes: number): void {
  const found = totalBytes(buffers);
  if (found === bytes) return;
  throw new Error(`${bytes} bytes were handed over, and ${found} were left when their turn came`);
}
