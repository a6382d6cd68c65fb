import type { Flusher } from '../flusher/flusher.ts';
import type { Journal } from '../journal/journal.ts';
import type { CacheConfig } from './cache-config.ts';
import type { Ledger } from './ledger.ts';

const MB = 1_000_000;

/** Decides when segments are sealed and flushed, and makes appends wait when memory runs full. */
export class FlushSchedule {
  readonly #config: CacheConfig;
  readonly #journal: Journal;
  readonly #flusher: Flusher;
  readonly #ledger: Ledger;
  /** Not yet sealed. */
  #rows = 0;
  #bytes = 0;
  /** Not yet in parts. */
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #failure: unknown;
  /** Counts segments sealed. */
  generation = 0;

  constructor(config: CacheConfig, journal: Journal, flusher: Flusher, ledger: Ledger) {
    this.#config = config;
    this.#journal = journal;
    this.#flusher = flusher;
    this.#ledger = ledger;
  }

  /** A commit became durable. */
  appended(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
    this.#waiting += bytes;
    const { flushRows, flushMb, idleSec } = this.#config;
    if (this.#rows >= flushRows || this.#bytes >= flushMb * MB) this.#start();
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#start(), idleSec * 1000).unref();
    } else this.#timer.refresh();
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    if (this.#waiting < this.#config.globalMb * MB) return;
    this.#start();
    await this.#flushing;
  }

  /** A flush that failed in the background is told to the next caller, once; the flush itself is tried again later. */
  throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Moves everything appended so far into parts. @throws `flush_failed` */
  async flushAll(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flushing;
    this.#failure = undefined;
    await this.#flush();
  }

  #start(): void {
    this.#flushing ??= this.#flush()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#flushing = undefined;
      });
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const moving = this.#waiting;
    this.#rows = 0;
    this.#bytes = 0;
    this.generation++;
    await this.#journal.seal();
    for (const segment of await this.#journal.sealed()) {
      const runs = await this.#flusher.flush(segment, this.#journal.aborted);
      for (const [run, tick] of runs) this.#ledger.flushed(run, tick);
      await this.#journal.drop(segment);
    }
    this.#waiting -= moving;
  }
}
