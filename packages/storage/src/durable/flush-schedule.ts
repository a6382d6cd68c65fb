import { ArchetypeError } from '@archetype/core';
import type { StorageWorker } from '../worker/storage-worker.ts';
import type { Journal } from '../journal/journal.ts';
import { BackgroundUpkeep } from './background-upkeep.ts';
import type { CacheConfig } from './cache-config.ts';
import type { Ledger } from './ledger.ts';

const MB = 1_000_000;
/** Flushing so much takes a core for a while, which a burst that is soon over would rather have for itself. */
const LARGE_BYTES = 16 * MB;
/** … so for so long it goes first, while memory is far from full. */
const BURST_MS = 1_000;
const FULL = 0.75;

/** Is told how to see whether somebody waits for a flush, and what `BackgroundUpkeep` says to a round. */
type RunUpkeep = (
  hurry: () => boolean,
  again: () => boolean,
  merged: (waiting: number) => void,
) => Promise<void>;

/** Decides when segments are sealed and flushed, and makes appends wait when memory runs full. */
export class FlushSchedule {
  readonly #config: CacheConfig;
  readonly #journal: Journal;
  readonly #worker: StorageWorker;
  readonly #ledger: Ledger;
  /** In the open segment. */
  #rows = 0;
  #bytes = 0;
  /** In memory, because not yet in parts. */
  #waiting = 0;
  /** Bytes of each sealed segment. */
  readonly #sealed = new Map<string, number>();
  #sealing: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #burst: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  /** Segments are flushed one after the other, whoever asks. */
  #last: Promise<void> = Promise.resolve();
  /** Resolves when the next segment is flushed, or the flush failed. */
  #progress = Promise.withResolvers<void>();
  #failure: unknown;
  /** Why the last flush failed, told or not; undefined since one succeeded. */
  #failing: unknown;
  /** Failures so far, told or not. */
  failures = 0;
  readonly #upkeep: BackgroundUpkeep;
  /** Callers that wait for everything to be flushed. */
  #called = 0;
  #ended = false;
  /** Counts segments sealed. */
  generation = 0;

  constructor(
    config: CacheConfig,
    journal: Journal,
    worker: StorageWorker,
    ledger: Ledger,
    upkeep: RunUpkeep,
  ) {
    this.#config = config;
    this.#journal = journal;
    this.#worker = worker;
    this.#ledger = ledger;
    const hurry = (): boolean => this.#ended || this.#called > 0 || this.ahead;
    this.#upkeep = new BackgroundUpkeep(
      (again, merged) => upkeep(hurry, again, merged),
      (error) => this.#failed(error),
    );
  }

  /** What opening found in the journal, by segment, waits like what is appended. */
  replayed(waiting: ReadonlyMap<string, number>): void {
    for (const [segment, bytes] of waiting) {
      this.#sealed.set(segment, bytes);
      this.#waiting += bytes;
    }
    if (this.#waiting >= this.#config.flushMb * MB) this.#start();
    else if (waiting.size > 0) this.#whenIdle();
  }

  /** A commit became durable. */
  appended(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
    this.#waiting += bytes;
    if (this.#ended) return;
    const { flushRows, flushMb } = this.#config;
    if (this.#rows >= flushRows || this.#bytes >= flushMb * MB) {
      const large = this.#bytes >= LARGE_BYTES;
      // However far behind the flusher is, it never has to hold more than one such segment.
      this.#seal({ more: true });
      if (large && this.#waiting < FULL * this.#config.globalMb * MB)
        this.#burst ??= setTimeout(() => this.#start(), BURST_MS).unref();
      else this.#start();
    } else this.#whenIdle();
  }

  #whenIdle(): void {
    this.#timer ??= setTimeout(() => {
      this.#seal();
      this.#start();
    }, this.#config.idleSec * 1000).unref();
    this.#timer.refresh();
  }

  /** What to wait for until there is room for more; undefined while there is. */
  room(): Promise<void> | undefined {
    return this.#full ? this.#roomAgain() : undefined;
  }

  async #roomAgain(): Promise<void> {
    while (
      this.#full &&
      this.#failure === undefined &&
      this.#journal.broken === undefined &&
      !this.#ended
    ) {
      if (this.#bytes > 0 && this.#sealed.size === 0) this.#seal();
      this.#start();
      await this.#progress.promise;
    }
  }

  get #full(): boolean {
    return this.#waiting >= this.#config.globalMb * MB;
  }

  /**
   * A flush that failed in the background is told to the next caller, once; the flush itself is tried again later. When
   * memory is full meanwhile, nothing is taken until one succeeds.
   *
   * @throws what the flush threw
   */
  admit(): void {
    const failure = this.#failure;
    // A store that was taken over stays so.
    if (!(failure instanceof ArchetypeError && failure.code === 'stale_writer'))
      this.#failure = undefined;
    if (failure !== undefined) throw failure;
    if (this.#failing === undefined || !this.#full) return;
    this.#start();
    throw this.#failing;
  }

  /** Bytes that are in memory because they are not in parts yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether there is something to flush by now. */
  get ahead(): boolean {
    return this.#journal.sealed.names.length > 0;
  }

  /** What failed and was not told to anybody yet. */
  get failure(): string | undefined {
    if (this.#failure === undefined) return undefined;
    return this.#failure instanceof Error ? this.#failure.message : 'a failure without a message';
  }

  /** Moves everything appended so far into parts. @throws `flush_failed` */
  async flushAll(): Promise<void> {
    this.#endBurst();
    this.#failure = undefined;
    this.#seal();
    this.#called++;
    try {
      await this.#flush();
    } finally {
      this.#called--;
    }
  }

  #seal({ more = false } = {}): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = this.#bytes;
    this.#rows = 0;
    this.#bytes = 0;
    this.generation++;
    this.#sealing = this.#journal.seal({ more }).then((segment) => {
      if (segment !== undefined) this.#sealed.set(segment, bytes);
      else this.#waiting -= bytes;
      return segment;
    });
  }

  /** From here on nothing is flushed but what is asked for; resolves when what was under way is done. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#endBurst();
    await Promise.all([this.#upkeep.end(), this.#flushing]);
  }

  #failed(error: unknown): void {
    this.#failure = error;
    this.failures++;
  }

  #endBurst(): void {
    clearTimeout(this.#burst);
    this.#burst = undefined;
  }

  #start(): void {
    this.#endBurst();
    if (this.#ended) return;
    this.#flushing ??= this.#work()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#flushing = undefined;
        this.#progressed();
      });
  }

  async #work(): Promise<void> {
    do {
      await this.#flush();
      this.#upkeep.start();
    } while (this.ahead && !this.#ended);
  }

  /** Segments that are sealed by now, oldest first; those sealed later are for whoever asks next. */
  async #flush(): Promise<void> {
    await this.#sealing;
    const until = this.#journal.sealed.names.at(-1);
    if (until === undefined) return;
    const flushed = this.#last.then(() => this.#flushUntil(until));
    this.#last = flushed.then(
      () => void (this.#failing = undefined),
      (error: unknown) => void (this.#failing = error),
    );
    await flushed;
  }

  async #flushUntil(until: string): Promise<void> {
    for (const segment of this.#journal.sealed.names) {
      if (segment > until) return;
      await this.#upkeep.room();
      const { aborted } = this.#journal;
      const intact = this.#journal.sealed.wrote(segment);
      const runs = await this.#worker.ask('flush', { segment, aborted, intact });
      for (const [run, tick] of runs) this.#ledger.flushed(run, tick);
      this.#ledger.applied(segment);
      this.#upkeep.flushed();
      await this.#journal.sealed.drop(segment);
      this.#waiting -= this.#sealed.get(segment) ?? 0;
      this.#sealed.delete(segment);
      this.#progressed();
    }
  }

  #progressed(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers<void>();
  }
}
