import { join } from 'node:path';
import type { File, FileSystem } from '../file-system/file-system.ts';
import type { FrameBatch } from './frame-batch.ts';
import { encodeHeader, HEADER_BYTES, type NumberedRecord, type SegmentIdentity } from './frame.ts';
import { segmentName } from './segment.ts';

/** The segment that records go to now. */
export class OpenSegment {
  readonly name: string;
  readonly #file: File;
  readonly #identity: SegmentIdentity;
  /** Each write is synced by itself. */
  readonly #synced: boolean;
  /** Bytes acknowledged. */
  #end = HEADER_BYTES;
  /** Bytes written. */
  #written = HEADER_BYTES;
  /** The sequence behind what was written. */
  #next: number;
  /** Records before it survive a power loss. */
  #proven: number;
  #syncFailed = false;

  private constructor(file: File, identity: SegmentIdentity, synced: boolean) {
    this.name = segmentName(identity.first);
    this.#file = file;
    this.#identity = identity;
    this.#synced = synced;
    this.#next = this.#proven = identity.first;
  }

  /** A new file with a header; both survive a power loss. */
  static async create(
    fs: FileSystem,
    directory: string,
    identity: SegmentIdentity,
    synced: boolean,
  ): Promise<OpenSegment> {
    const path = join(directory, segmentName(identity.first));
    const file = synced ? await fs.createSynced(path) : await fs.create(path);
    const segment = new OpenSegment(file, identity, synced);
    try {
      await file.write([encodeHeader(identity)], 0);
      if (!synced) await file.sync();
      await fs.syncDirectory(directory);
    } catch (error) {
      await segment.close();
      // A segment without records is no harm, and opening removes it; on a full disk every try would leave one.
      await fs.remove(path).catch(() => undefined);
      throw error;
    }
    return segment;
  }

  /** Writes records behind what is acknowledged. */
  async write(records: readonly NumberedRecord[], batch: FrameBatch): Promise<void> {
    const { buffers, bytes } = batch.encode(records, this.#proven, this.#identity);
    await this.#file.write(buffers, this.#end);
    this.#written = this.#end + bytes;
    this.#next = records.at(-1)!.sequence + 1;
    if (this.#synced) this.#proven = this.#next;
  }

  /** What was written is part of the journal. */
  acknowledge(): void {
    this.#end = this.#written;
  }

  get unsynced(): boolean {
    return this.#proven < this.#next;
  }

  /**
   * Syncs what no sync has covered yet; resolves with the last record that it covered, if it was asked for. When one failed,
   * a second may lie, and is not asked for.
   */
  async sync(): Promise<number | undefined> {
    const next = this.#next;
    if (this.#syncFailed || this.#proven >= next) return undefined;
    try {
      await this.#file.sync();
    } catch (error) {
      this.#syncFailed = true;
      throw error;
    }
    this.#proven = Math.max(this.#proven, next);
    return this.#proven - 1;
  }

  /** Cuts off what is not acknowledged. */
  async cutBack(): Promise<void> {
    await this.#file.truncate(this.#end);
  }

  async close(): Promise<void> {
    try {
      await this.#file.close();
    } catch {
      // Everything acknowledged in it is synced; what closing says of it changes nothing.
    }
  }
}
