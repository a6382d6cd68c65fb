import { ArchetypeError } from '@archetype/core';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeJson } from '../codec/json-record.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import { Answers, type Caller } from './answers.ts';
import { FrameBatch, SMALL_BYTES } from './frame-batch.ts';
import {
  checksumOf,
  frameBytes,
  MAX_BODY_BYTES,
  type JournalRecord,
  type NumberedRecord,
} from './frame.ts';
import type { Durability, JournalOptions, JournalOwner } from './journal-options.ts';
import type { OpenSegment } from './open-segment.ts';
import { readJournal, type JournalReport, type JournalStart } from './read-journal.ts';
import { ABORT, FORMER_OWNER, type AbortedRange } from './recovery.ts';
import { Reserve } from './reserve.ts';
import { SegmentMaker } from './segment-maker.ts';

interface Waiting extends NumberedRecord, Caller {
  readonly kind: 'record';
  readonly reject: (error: ArchetypeError) => void;
}
interface Seal {
  readonly kind: 'seal';
  readonly resolve: (name: string | undefined) => void;
}

/** Nobody else writes the directory. */
const alone: JournalOwner = {
  forced: false,
  lastDurable: 0,
  confirm: () => undefined,
  acknowledged: () => undefined,
  durable: () => undefined,
};

/**
 * An ordered log of records. `append` resolves when its record survives a power loss; everything waiting at one moment
 * shares a write and a sync. After a failed write or sync the file is left alone: it is cut back to the last
 * acknowledged byte, and a new segment says which sequences are absent; on a full disk it has a reserve to say it in.
 * Sequences are never given twice.
 *
 * Long, because what writes, what ends a segment and what takes a failure back change the same few fields; reading at the
 * opening, segments, the reserve and telling callers are files of their own.
 */
export class Journal {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #segments: SegmentMaker;
  readonly #durability: Durability;
  readonly #owner: JournalOwner;
  readonly #reserve: Reserve;
  readonly report: JournalReport;
  /** Sequences that are not part of the journal, though a segment may hold some. */
  readonly aborted: AbortedRange[];
  #nextSequence: number;
  #queue: (Waiting | Seal)[] = [];
  #running: Promise<void> | undefined;
  readonly #answers = new Answers();
  readonly #batch = new FrameBatch();
  #current: OpenSegment | undefined;
  /** Sealed segments whose files are being closed; nobody waits for them. */
  #closings: Promise<unknown> = Promise.resolve();
  readonly #found: ReadonlySet<string>;
  /** Segments that nothing is written to any more, in order. A directory also lists one that is only being made. */
  #sealed: readonly string[];
  #broken: ArchetypeError | undefined;
  #closed = false;
  /** `relaxed`: the sync that is to come, or under way. */
  #syncing: Promise<void> | undefined;

  private constructor(
    options: JournalOptions,
    { report, next, aborted, segments }: JournalStart,
    reserve: Reserve,
  ) {
    this.#fs = options.fs;
    this.#directory = options.directory;
    this.#durability = options.durability ?? { mode: 'durable', syncDelayMs: 0 };
    this.#segments = new SegmentMaker(
      options.fs,
      options.directory,
      options.storeId,
      this.#durability.mode === 'durable',
    );
    this.#owner = options.owner ?? alone;
    this.#reserve = reserve;
    this.report = report;
    this.#nextSequence = next;
    this.aborted = [...aborted];
    this.#sealed = segments;
    this.#found = new Set(segments);
  }

  /** @throws `journal_foreign`, `format_newer`, `storage_unavailable` */
  static async open(options: JournalOptions): Promise<Journal> {
    const reserve = new Reserve(options.fs, options.directory);
    // A full disk may be what ended the process before, and opening has to write too: what is torn, and who owns it.
    const start = await readJournal(options).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
      await reserve.giveUp();
      return readJournal(options);
    });
    const journal = new Journal(options, start, reserve);
    if (options.owner?.forced === true) {
      await reserve.giveUp();
      await journal.#disown();
    }
    // Where there is no room, the journal can still be read; whoever appends is told.
    await reserve.hold().catch(() => undefined);
    const { owner } = options;
    owner?.acknowledged(journal.#nextSequence - 1);
    owner?.durable(Math.max(start.lastRecord, owner.lastDurable));
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
    const bytes = frameBytes(record);
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
    // A large body is summed now, while the disk works on what came before.
    const ready = bytes > SMALL_BYTES ? { ...record, checksum: checksumOf(record) } : record;
    const sequence = this.#nextSequence++;
    this.#queue.push({ kind: 'record', record: ready, sequence, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /**
   * Ends the current segment after everything appended so far; resolves with its name, if there is one. With `more` on the
   * way, the next one is made meanwhile.
   */
  seal({ more = false } = {}): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    if (more && this.#broken === undefined) this.#segments.prepare(this.#nextSequence);
    this.#queue.push({ kind: 'seal', resolve });
    this.#running ??= this.#run();
    return promise;
  }

  /** Names of the segments that nothing is written to any more, in order. */
  get sealed(): readonly string[] {
    return this.#sealed;
  }

  /** Whether this process wrote a segment, which is sound then; what opening found may be damaged. */
  wrote(name: string): boolean {
    return !this.#found.has(name);
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
    if (this.#current !== undefined) await this.#sync(this.#current);
    await this.#current?.close();
    this.#current = undefined;
    await this.#segments.forget();
    await this.#closings;
    // What was acknowledged before it was synced must not be given up silently.
    if (this.#broken !== undefined && this.#durability.mode === 'relaxed') throw this.#broken;
  }

  async #run(): Promise<void> {
    // Everything that is appended in the same turn of the event loop shares the first write.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const next = this.#queue[0]!;
      if (next.kind === 'seal') {
        this.#queue.shift();
        void this.#answers.tell();
        await this.#seal(next);
        continue;
      }
      const { mode, syncDelayMs } = this.#durability;
      if (mode === 'durable' && syncDelayMs > 0 && !this.#closed) {
        void this.#answers.tell();
        await delay(syncDelayMs);
      }
      const writing = this.#write(this.#takeGroup());
      void this.#answers.tell();
      await writing;
    }
    void this.#answers.tell();
    this.#running = undefined;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    if (this.#broken !== undefined) {
      group.forEach(({ reject }) => reject(this.#broken!));
      return;
    }
    if (!this.#reserve.held) {
      try {
        await this.#reserve.hold();
      } catch (cause) {
        this.#refuse(group, noRoom(cause));
        return;
      }
    }
    let segment: OpenSegment | undefined;
    let ms: number;
    try {
      segment = this.#current ??= await this.#segments.make(group[0]!.sequence);
      const started = performance.now();
      await segment.write(group, this.#batch);
      ms = performance.now() - started;
      if (this.#durability.mode === 'relaxed') this.#syncLater();
      this.#owner.confirm();
      segment.acknowledge();
      this.#owner.acknowledged(group.at(-1)!.sequence);
      if (this.#durability.mode === 'durable') this.#owner.durable(group.at(-1)!.sequence);
    } catch (cause) {
      const stale = isStale(cause) ? cause : this.#ownership();
      if (stale !== undefined) this.#handOver(group, stale);
      else await this.#recover(segment, group, cause);
      return;
    }
    await this.#answers.acknowledged(group, segment.name, ms, this.#queue.length);
  }

  /** That somebody else owns the files, if so: then nothing of them may be taken back. */
  #ownership(): ArchetypeError | undefined {
    try {
      this.#owner.confirm();
      return undefined;
    } catch (error) {
      // Where it cannot be read, it was not taken either, as far as anybody knows.
      return isStale(error) ? error : undefined;
    }
  }

  /** The files belong to another process now: they are left as they are. */
  #handOver(group: readonly Waiting[], error: ArchetypeError): void {
    this.#broken = error;
    this.#refuse(group, error);
  }

  /** What was appended meanwhile was never written, and was made on top of what failed. */
  #refuse(group: readonly Waiting[], error: ArchetypeError): void {
    [...group, ...this.#takeWaiting()].forEach(({ reject }) => reject(error));
  }

  /** `relaxed`: one sync for all that is written until it begins. */
  #syncLater(): void {
    this.#syncing ??= delay(this.#durability.syncDelayMs)
      .then(() => (this.#current === undefined ? undefined : this.#sync(this.#current)))
      .finally(() => {
        this.#syncing = undefined;
        // Written while the sync was under way.
        if (this.#current?.unsynced === true && this.#broken === undefined) this.#syncLater();
      });
  }

  async #sync(segment: OpenSegment): Promise<void> {
    try {
      const covered = await segment.sync();
      if (covered !== undefined && this.#ownership() === undefined) this.#owner.durable(covered);
    } catch (cause) {
      this.#broken = new ArchetypeError(
        'commit_unknown',
        `The journal could not be synced (${messageOf(cause)}); whether the ticks of the last ${this.#durability.syncDelayMs} ms survive a power loss is known only after the store is opened again.`,
        { cause },
      );
    }
  }

  /** A segment whose first record says which sequences before it are absent. */
  async #begin(sequence: number, absent: AbortedRange): Promise<OpenSegment> {
    const fresh = await this.#segments.make(sequence);
    await fresh.write([{ record: encodeJson(ABORT, absent), sequence }], this.#batch);
    await fresh.sync();
    fresh.acknowledge();
    this.aborted.push(absent);
    return fresh;
  }

  /**
   * A sync that failed says nothing of what reached the disk, and a second one may lie. So the file is never synced
   * again; what waits behind the failed records fails with them, because it was made on top of them.
   */
  async #recover(
    segment: OpenSegment | undefined,
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
        await segment.cutBack();
        await this.#sync(segment);
        await segment.close();
        await this.#reserve.giveUp();
        this.#current = await this.#begin(sequence, abort);
        // Whoever moves sealed segments into parts must not find what was refused, nor what nobody knows the end of.
        this.#sealed = [...this.#sealed, segment.name];
      }
      error = notStored(cause);
    } catch (second) {
      error = this.#broken = new ArchetypeError(
        'commit_unknown',
        `The journal could not be written (${messageOf(cause)}) nor say so (${messageOf(second)}); whether the last commits are stored is known only after the store is opened again.`,
        { cause },
      );
    }
    this.#refuse(lost, error);
  }

  /** The records up to the next seal: they share a write. */
  #takeGroup(): readonly Waiting[] {
    const group: Waiting[] = [];
    for (const entry of this.#queue) {
      if (entry.kind === 'seal') break;
      group.push(entry);
    }
    this.#queue = this.#queue.slice(group.length);
    return group;
  }

  #takeWaiting(): readonly Waiting[] {
    const waiting = this.#queue.filter((entry) => entry.kind === 'record');
    this.#queue = this.#queue.filter((entry) => entry.kind === 'seal');
    return waiting;
  }

  async #seal({ resolve }: Seal): Promise<void> {
    const segment = this.#current;
    this.#current = undefined;
    if (segment !== undefined) {
      await this.#sync(segment);
      const [before, closing] = [this.#closings, segment.close()];
      this.#closings = before.then(() => closing);
      this.#sealed = [...this.#sealed, segment.name];
    }
    resolve(segment?.name);
  }
}

const isStale = (cause: unknown): cause is ArchetypeError =>
  cause instanceof ArchetypeError && cause.code === 'stale_writer';
const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
const notStored = (cause: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `The journal could not be written (${messageOf(cause)}); nothing of this commit is stored, so it is safe to try again.`,
    { cause },
  );
const noRoom = (cause: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `The journal keeps 64 KB of the disk free to say what failed, and they could not be had (${messageOf(cause)}); nothing of this commit is stored; make room and try again.`,
    { cause },
  );
const closed = (): ArchetypeError =>
  new ArchetypeError('store_closed', 'The store is closed; open it again.');
