import { ArchetypeError } from '@archetype/core';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeJson } from '../codec/json-record.ts';
import type { File, FileSystem } from '../file-system/file-system.ts';
import { FrameBatch } from './frame-batch.ts';
import {
  encodeFrame,
  encodeHeader,
  HEADER_BYTES,
  MAX_BODY_BYTES,
  type JournalRecord,
  type ReadFrame,
} from './frame.ts';
import {
  ABORT,
  abortedRanges,
  cutTail,
  damagedRanges,
  FORMER_OWNER,
  type AbortedRange,
} from './recovery.ts';
import { readSegment, segmentName, type DamagedRange, type ReadSegment } from './segment.ts';

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
  /** @throws `stale_writer` when another process took the journal over */
  confirm(): void;
  /** Everything up to this sequence is acknowledged. */
  acknowledged(sequence: number): void;
}

const alone: JournalOwner = {
  forced: false,
  confirm: () => undefined,
  acknowledged: () => undefined,
};

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

/** What opening found. */
export interface JournalReport {
  readonly records: number;
  /** Bytes cut from the end: a frame that was being written when the process died, or one damaged later. */
  readonly quarantined: readonly { readonly file: string; readonly bytes: number }[];
  readonly damaged: readonly DamagedRange[];
}

interface Waiting {
  readonly record: JournalRecord;
  readonly sequence: number;
  readonly resolve: (segment: string) => void;
  readonly reject: (error: ArchetypeError) => void;
}
interface Seal {
  readonly seal: (name: string | undefined) => void;
}
interface Current {
  readonly name: string;
  readonly first: number;
  readonly file: File;
  /** Bytes acknowledged. */
  end: number;
  /** Bytes written that no sync has covered yet. */
  unsynced: boolean;
}

/**
 * An ordered log of records. `append` resolves when its record survives a power loss; everything waiting at one moment
 * shares a write and a sync. After a failed write or sync the file is left alone: it is cut back to the last
 * acknowledged byte, and a new segment says which sequences are absent. Sequences are never given twice.
 */
export class Journal {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #storeId: Uint8Array;
  readonly report: JournalReport;
  /** Sequences that are not part of the journal, though a segment may hold some. */
  readonly aborted: AbortedRange[];
  #queue: (Waiting | Seal)[] = [];
  #running: Promise<void> | undefined;
  #current: Current | undefined;
  /** Segments that nothing is written to any more, in order. A directory also lists one that is only being made. */
  #sealed: readonly string[];
  #nextSequence: number;
  #broken: ArchetypeError | undefined;
  #closed = false;
  readonly #durability: Durability;
  readonly #owner: JournalOwner;
  readonly #batch = new FrameBatch();
  /** `relaxed`: the sync that is to come, or under way. */
  #syncing: Promise<void> | undefined;

  private constructor(
    options: JournalOptions,
    nextSequence: number,
    report: JournalReport,
    aborted: readonly AbortedRange[],
    sealed: readonly string[],
  ) {
    this.aborted = [...aborted];
    this.#sealed = sealed;
    this.#fs = options.fs;
    this.#directory = options.directory;
    this.#storeId = options.storeId;
    this.#nextSequence = nextSequence;
    this.report = report;
    this.#durability = options.durability ?? { mode: 'durable', syncDelayMs: 0 };
    this.#owner = options.owner ?? alone;
  }

  /** @throws `journal_foreign`, `format_newer`, `storage_unavailable` */
  static async open(options: JournalOptions): Promise<Journal> {
    const { fs, directory, storeId, onRecord } = options;
    await fs.makeDirectory(directory);
    // A process that died between making and syncing it left a name that is not durable yet.
    await fs.syncDirectory(dirname(directory));
    const names = (await fs.list(directory)).filter((name) => name.endsWith('.log'));
    const segments: ReadSegment[] = [];
    for (const name of names) {
      const segment = await readSegment(fs, directory, name, storeId);
      // Created, but nothing was ever written to it.
      if (segment.bytes.byteLength <= HEADER_BYTES) await fs.remove(join(directory, name));
      else segments.push(segment);
    }
    const quarantined = await cutTail(fs, directory, segments);
    const aborted = abortedRanges(segments);
    let records = 0;
    let next = options.next;
    for (const segment of segments) {
      next = Math.max(next, Number.parseInt(segment.name, 10) + 1);
      for (const frame of segment.frames) {
        next = Math.max(next, frame.sequence + 1);
        if (
          frame.kind === ABORT ||
          aborted.some(({ from, to }) => frame.sequence >= from && frame.sequence <= to)
        )
          continue;
        records++;
        onRecord(frame, segment.name);
      }
    }
    for (const { to } of aborted) next = Math.max(next, to + 1);
    const damaged = damagedRanges(segments, aborted);
    const journal = new Journal(
      options,
      next,
      { records, quarantined, damaged },
      aborted,
      segments.map(({ name }) => name),
    );
    if (options.owner?.forced === true) await journal.#disown();
    options.owner?.acknowledged(journal.#nextSequence - 1);
    return journal;
  }

  /** Says, durably, that what the former owner writes from here on is no part of the journal. */
  async #disown(): Promise<void> {
    const from = this.#nextSequence;
    const sequence = from + FORMER_OWNER;
    this.#current = await this.#begin(sequence, { from, to: sequence - 1 });
    this.#nextSequence = sequence + 1;
  }

  /** Why nothing can be appended any more. */
  get broken(): ArchetypeError | undefined {
    return this.#broken;
  }

  /** The segment that the next record goes to, if it exists already. */
  get segment(): string | undefined {
    return this.#current?.name;
  }

  /** Resolves with the segment's name when the record is durable. @throws `commit_failed`, `commit_unknown`, `store_closed` */
  append(record: JournalRecord): Promise<string> {
    const bytes = record.body.reduce((n, buffer) => n + buffer.byteLength + 8, 0);
    if (bytes > MAX_BODY_BYTES) {
      return Promise.reject(
        new ArchetypeError(
          'commit_failed',
          `A record of ${bytes} bytes is larger than the journal takes (${MAX_BODY_BYTES}); split the tick over several archetypes or worlds.`,
        ),
      );
    }
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#closed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#queue.push({ record, sequence: this.#nextSequence++, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Ends the current segment after everything appended so far; resolves with its name, if there is one. */
  seal(): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#queue.push({ seal: resolve });
    this.#running ??= this.#run();
    return promise;
  }

  /** Names of the segments that nothing is written to any more, in order. */
  get sealed(): readonly string[] {
    return this.#sealed;
  }

  /** Removes a sealed segment whose records are kept elsewhere. */
  async drop(name: string): Promise<void> {
    await this.#fs.remove(join(this.#directory, name));
    this.#sealed = this.#sealed.filter((other) => other !== name);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#syncing;
    await closeFile(this.#current?.file);
    this.#current = undefined;
    // What was acknowledged before it was synced must not be given up silently.
    if (this.#broken !== undefined && this.#durability.mode === 'relaxed') throw this.#broken;
  }

  async #run(): Promise<void> {
    // Everything that is appended in the same turn of the event loop shares the first write.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const next = this.#queue[0]!;
      if ('seal' in next) {
        this.#queue.shift();
        await this.#seal(next);
        continue;
      }
      const { mode, syncDelayMs } = this.#durability;
      if (mode === 'durable' && syncDelayMs > 0 && !this.#closed) await delay(syncDelayMs);
      const until = this.#queue.findIndex((entry) => 'seal' in entry);
      const group = this.#queue.splice(0, until < 0 ? this.#queue.length : until) as Waiting[];
      await this.#write(group);
    }
    this.#running = undefined;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    if (this.#broken !== undefined) {
      group.forEach(({ reject }) => reject(this.#broken!));
      return;
    }
    let segment: Current | undefined;
    try {
      segment = this.#current ??= await this.#create(group[0]!.sequence);
      const identity = { storeId: this.#storeId, first: segment.first };
      const { buffers, bytes } = this.#batch.encode(group, identity);
      await segment.file.write(buffers, segment.end);
      if (this.#durability.mode === 'durable') await segment.file.sync();
      else this.#syncLater(segment);
      this.#owner.confirm();
      segment.end += bytes;
      this.#owner.acknowledged(group.at(-1)!.sequence);
      const { name } = segment;
      group.forEach(({ resolve }) => resolve(name));
    } catch (cause) {
      if (cause instanceof ArchetypeError && cause.code === 'stale_writer')
        this.#giveUp(group, cause);
      else await this.#recover(segment, group, cause);
    }
  }

  /** The files belong to another process now: they are left as they are. */
  #giveUp(group: readonly Waiting[], error: ArchetypeError): void {
    this.#broken = error;
    [...group, ...this.#takeWaiting()].forEach(({ reject }) => reject(error));
  }

  /** `relaxed`: one sync for all that is written until it begins. */
  #syncLater(segment: Current): void {
    segment.unsynced = true;
    this.#syncing ??= delay(this.#durability.syncDelayMs)
      .then(() => (this.#current === undefined ? undefined : this.#syncNow(this.#current)))
      .finally(() => (this.#syncing = undefined));
  }

  async #syncNow(segment: Current): Promise<void> {
    if (!segment.unsynced) return;
    segment.unsynced = false;
    try {
      await segment.file.sync();
    } catch (cause) {
      this.#broken = new ArchetypeError(
        'commit_unknown',
        `The journal could not be synced (${messageOf(cause)}); whether the ticks of the last ${this.#durability.syncDelayMs} ms survive a power loss is known only after the store is opened again.`,
        { cause },
      );
    }
  }

  async #create(first: number): Promise<Current> {
    const name = segmentName(first);
    const path = join(this.#directory, name);
    const file = await this.#fs.create(path);
    try {
      await file.write([encodeHeader({ storeId: this.#storeId, first })], 0);
      await file.sync();
      await this.#fs.syncDirectory(this.#directory);
    } catch (error) {
      await closeFile(file);
      // A segment without records is no harm, and opening removes it; on a full disk every try would leave one.
      await this.#fs.remove(path).catch(() => undefined);
      throw error;
    }
    return { name, first, file, end: HEADER_BYTES, unsynced: false };
  }

  /** A segment whose first record says which sequences before it are absent. */
  async #begin(sequence: number, absent: AbortedRange): Promise<Current> {
    const fresh = await this.#create(sequence);
    const identity = { storeId: this.#storeId, first: fresh.first };
    const frame = encodeFrame(encodeJson(ABORT, absent), sequence, identity);
    await fresh.file.write(frame.buffers, fresh.end);
    await fresh.file.sync();
    fresh.end += frame.bytes;
    this.aborted.push(absent);
    return fresh;
  }

  /**
   * A sync that failed says nothing of what reached the disk, and a second one may lie. So the file is never synced
   * again; what waits behind the failed records fails with them, because it was made on top of them.
   */
  async #recover(
    segment: Current | undefined,
    group: readonly Waiting[],
    cause: unknown,
  ): Promise<void> {
    const lost = [...group, ...this.#takeWaiting()];
    const sequence = this.#nextSequence++;
    const abort = { from: lost[0]!.sequence, to: sequence - 1 };
    this.#current = undefined;
    let error: ArchetypeError;
    try {
      // Without a segment there is no file that could hold any of it: nothing needs to be said.
      if (segment !== undefined) {
        await segment.file.truncate(segment.end);
        await this.#syncNow(segment);
        await closeFile(segment.file);
        this.#current = await this.#begin(sequence, abort);
        // Whoever moves sealed segments into parts must not find what was refused, nor what nobody knows the end of.
        this.#sealed = [...this.#sealed, segment.name];
      }
      error = new ArchetypeError(
        'commit_failed',
        `The journal could not be written (${messageOf(cause)}); nothing of this commit is stored, so it is safe to try again.`,
        { cause },
      );
    } catch (second) {
      error = this.#broken = new ArchetypeError(
        'commit_unknown',
        `The journal could not be written (${messageOf(cause)}) nor say so (${messageOf(second)}); whether the last commits are stored is known only after the store is opened again.`,
        { cause },
      );
    }
    // What was appended meanwhile was never written, and was made on top of what failed.
    [...lost, ...this.#takeWaiting()].forEach(({ reject }) => reject(error));
  }

  #takeWaiting(): readonly Waiting[] {
    const waiting = this.#queue.filter((entry) => !('seal' in entry)) as Waiting[];
    this.#queue = this.#queue.filter((entry) => 'seal' in entry);
    return waiting;
  }

  async #seal({ seal }: Seal): Promise<void> {
    const segment = this.#current;
    this.#current = undefined;
    if (segment !== undefined) await this.#syncNow(segment);
    await closeFile(segment?.file);
    if (segment !== undefined) this.#sealed = [...this.#sealed, segment.name];
    seal(segment?.name);
  }
}

async function closeFile(file: File | undefined): Promise<void> {
  try {
    await file?.close();
  } catch {
    // Everything acknowledged in it is synced; what closing says of it changes nothing.
  }
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
const closed = (): ArchetypeError =>
  new ArchetypeError('store_closed', 'The store is closed; open it again.');
