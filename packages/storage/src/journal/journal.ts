import type { ArchetypeError } from '@archetype/core';
import { setTimeout as delay } from 'node:timers/promises';
import { Answers } from './answers.ts';
import { closed, isStale, noRoom, notSaid, notStored, notSynced, tooLarge } from './failures.ts';
import { isCopied } from './frame-batch.ts';
import { frameBytes, MAX_BODY_BYTES, summedBody, type JournalRecord } from './frame.ts';
import type { Durability, JournalOptions, JournalOwner } from './journal-options.ts';
import type { OpenSegment, SegmentWrite } from './open-segment.ts';
import { Queue, type Seal, type Waiting } from './queue.ts';
import { readJournal, type JournalReport, type JournalStart } from './read-journal.ts';
import { FORMER_OWNER, type AbortedRange } from './recovery.ts';
import { Reserve } from './reserve.ts';
import { SealedSegments } from './sealed-segments.ts';
import { SegmentMaker } from './segment-maker.ts';

/** Records that share a write and are not acknowledged yet. */
interface UnderWay extends SegmentWrite {
  readonly group: readonly Waiting[];
  readonly segment: OpenSegment;
  readonly started: number;
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
 * An ordered log of records. `append` resolves when its record survives a power loss, with `relaxed` the death of the process.
 * What waits shares a write, up to a seal or until it is large; what is large is written beside the sync that is under way.
 * Records are acknowledged in their order. After a failed write or sync nothing more is written to the file: it is cut back to
 * the last acknowledged byte, and a new segment says which sequences are absent; on a full disk it has a reserve to say it in.
 * Sequences are never given twice.
 *
 * Long, because what writes, what ends a segment and what takes a failure back change the same few fields; reading at the
 * opening, the queue, segments, the reserve and telling callers are files of their own.
 */
export class Journal {
  readonly #segments: SegmentMaker;
  readonly #durability: Durability;
  readonly #owner: JournalOwner;
  readonly #reserve: Reserve;
  readonly report: JournalReport;
  /** Sequences that are not part of the journal, though a segment may hold some. */
  readonly aborted: AbortedRange[];
  #nextSequence: number;
  readonly #queue = new Queue();
  #running: Promise<void> | undefined;
  readonly #answers = new Answers();
  #underWay: readonly UnderWay[] = [];
  /** Writes that the disk works on. Who is told of one appends the next while it still counts as under way. */
  #working = 0;
  /** What a write that failed left is being put in order: nothing may begin. */
  #takingBack = false;
  /** Resolves when the newest write is acknowledged, or refused. Never rejects. */
  #concluded: Promise<void> = Promise.resolve();
  /** Tells the loop that the next write may begin. */
  #proceed: () => void = () => undefined;
  #current: OpenSegment | undefined;
  /** Sealed segments whose files are being closed; nobody waits for them. */
  #closings: Promise<unknown> = Promise.resolve();
  readonly sealed: SealedSegments;
  #broken: ArchetypeError | undefined;
  #closed = false;
  /** `relaxed`: the sync that is to come, or under way. */
  #syncing: Promise<void> | undefined;

  private constructor(
    options: JournalOptions,
    { report, next, aborted, segments }: JournalStart,
    reserve: Reserve,
  ) {
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
    this.sealed = new SealedSegments(options.fs, options.directory, segments);
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
    if (bytes > MAX_BODY_BYTES) return Promise.reject(tooLarge(bytes, MAX_BODY_BYTES));
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#closed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    // Summed here and not when its turn comes: while the disk works, that costs no time.
    const copied = isCopied(bytes, { idle: this.#working === 0 });
    const summed = copied ? undefined : summedBody(record);
    const sequence = this.#nextSequence++;
    this.#queue.push({ kind: 'record', record, sequence, bytes, summed, resolve, reject });
    this.#running ??= this.#run();
    if (this.#queue.large) this.#proceed();
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
    while (this.#queue.length > 0 || this.#underWay.length > 0) {
      const { first, large } = this.#queue;
      if (first === undefined || this.#takingBack || (this.#underWay.length > 0 && !large)) {
        await new Promise<void>((resolve) => (this.#proceed = resolve));
        continue;
      }
      if (first.kind === 'seal') {
        await this.#concluded;
        void this.#answers.tell();
        this.#queue.takeSeal();
        await this.#seal(first);
        continue;
      }
      const { mode, syncDelayMs } = this.#durability;
      const idle = this.#underWay.length === 0;
      if (mode === 'durable' && syncDelayMs > 0 && idle && !this.#closed) {
        void this.#answers.tell();
        await delay(syncDelayMs);
      }
      const room = this.#write(this.#queue.takeGroup());
      // Not awaited: they compute while the disk works.
      void this.#answers.tell();
      await room;
    }
    void this.#answers.tell();
    this.#running = undefined;
  }

  /** Begins to write records; resolves when the next write may begin. */
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
    // While others are under way it is all there: no wait comes between taking these and knowing of them.
    try {
      this.#current ??= await this.#segments.make(group[0]!.sequence);
    } catch (cause) {
      await this.#fail(undefined, group, cause);
      return;
    }
    const segment = this.#current;
    const write = { ...segment.write(group), group, segment, started: performance.now() };
    this.#underWay = [...this.#underWay, write];
    this.#working++;
    this.#concluded = this.#conclude(write, this.#concluded);
    await write.room;
  }

  /** Acknowledges a write when it is done, after those before it. */
  async #conclude(write: UnderWay, before: Promise<void>): Promise<void> {
    const { group, segment, started, end } = write;
    const last = group.at(-1)!.sequence;
    // Its failure is taken up below, maybe after it came. Not `allSettled`: whoever waits is told some turns sooner.
    const over = (): void => void this.#working--;
    write.done.then(over, over);
    await before;
    // One before it failed, and took it along.
    if (!this.#underWay.includes(write)) return;
    try {
      await write.done;
      if (this.#durability.mode === 'relaxed') this.#syncLater();
      this.#owner.confirm();
      segment.acknowledge(end);
      this.#owner.acknowledged(last);
      if (this.#durability.mode === 'durable') this.#owner.durable(last);
    } catch (cause) {
      await this.#takeBack(segment, cause);
      return;
    }
    const ms = performance.now() - started;
    await this.#answers.acknowledged(group, segment.name, ms, this.#queue.length);
    this.#underWay = this.#underWay.slice(1);
    // The next write is under way already: nobody is kept for it.
    if (this.#underWay.length > 0) await this.#answers.tell();
    else this.#proceed();
  }

  /** The oldest write under way failed, and those behind it were made on top of it. */
  async #takeBack(segment: OpenSegment, cause: unknown): Promise<void> {
    this.#takingBack = true;
    await Promise.allSettled(this.#underWay.map(({ done }) => done));
    const lost = this.#underWay.flatMap(({ group }) => group);
    await this.#fail(segment, lost, cause);
    this.#underWay = [];
    this.#takingBack = false;
    this.#proceed();
  }

  async #fail(
    segment: OpenSegment | undefined,
    lost: readonly Waiting[],
    cause: unknown,
  ): Promise<void> {
    const stale = isStale(cause) ? cause : this.#ownership();
    if (stale !== undefined) this.#handOver(lost, stale);
    else await this.#recover(segment, lost, cause);
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
    [...group, ...this.#queue.takeRecords()].forEach(({ reject }) => reject(error));
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
      this.#broken = notSynced(cause, this.#durability.syncDelayMs);
    }
  }

  async #begin(sequence: number, absent: AbortedRange): Promise<OpenSegment> {
    const segment = await this.#segments.makeWithout(sequence, absent);
    this.aborted.push(absent);
    return segment;
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
    const lost = [...group, ...this.#queue.takeRecords()];
    const sequence = this.#nextSequence++;
    // Others before them may have been refused without being written, after what is acknowledged.
    const from = Math.min(lost[0]!.sequence, segment?.acknowledged ?? Infinity);
    const abort = { from, to: sequence - 1 };
    this.#current = undefined;
    let error: ArchetypeError;
    try {
      // Without a segment there is no file that could hold any of it: nothing needs to be said.
      if (segment !== undefined) {
        try {
          await segment.cutBack();
          await this.#sync(segment);
        } finally {
          await segment.close();
        }
        await this.#reserve.giveUp();
        this.#current = await this.#begin(sequence, abort);
        // Whoever moves sealed segments into parts must not find what was refused, nor what nobody knows the end of.
        this.sealed.add(segment.name);
      }
      error = notStored(cause);
    } catch (second) {
      error = this.#broken = notSaid(cause, second);
    }
    this.#refuse(lost, error);
  }

  async #seal({ resolve }: Seal): Promise<void> {
    const segment = this.#current;
    this.#current = undefined;
    if (segment !== undefined) {
      await this.#sync(segment);
      const [before, closing] = [this.#closings, segment.close()];
      this.#closings = before.then(() => closing);
      this.sealed.add(segment.name);
    }
    resolve(segment?.name);
  }
}
