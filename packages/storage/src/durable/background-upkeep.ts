/** Parts that wait to be merged, about, before flushes wait for merges: with more and more of them reads become slow. */
const MAX_WAITING = 64;

/**
 * Does upkeep. `again` says whether another round follows; `merged` is told after each merge how many parts still wait to be
 * merged.
 */
type Round = (again: () => boolean, merged: (waiting: number) => void) => Promise<void>;

/** Runs upkeep in the background, beside the flushes that come meanwhile, and once more after those. */
export class BackgroundUpkeep {
  readonly #round: Round;
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> | undefined;
  /** Something was flushed since the last round began. */
  #due = false;
  /** Parts that wait to be merged: what the last merge left, and one for each segment flushed since. */
  #waiting = 0;
  /** Resolves at the next merge, and when a round ends. */
  #progress = Promise.withResolvers<void>();
  #ended = false;

  constructor(round: Round, failed: (error: unknown) => void) {
    this.#round = round;
    this.#failed = failed;
  }

  start(): void {
    this.#due = true;
    if (!this.#ended) this.#running ??= this.#whileDue();
  }

  /** A segment is in parts. */
  flushed(): void {
    this.#waiting++;
  }

  /** Resolves when so few parts wait to be merged that more may come. */
  async room(): Promise<void> {
    while (this.#waiting >= MAX_WAITING && !this.#ended) {
      const progress = this.#progress.promise;
      if (this.#running === undefined) this.start();
      await progress;
    }
  }

  /** Resolves when what is under way is done; nothing begins any more. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#progressed();
    await this.#running;
  }

  async #whileDue(): Promise<void> {
    while (this.#due && !this.#ended) {
      this.#due = false;
      try {
        await this.#round(
          () => this.#due || this.#ended,
          (waiting) => this.#merged(waiting),
        );
      } catch (error) {
        // Ticks must go on into parts although those cannot be merged.
        this.#merged(0);
        this.#failed(error);
      }
    }
    // Here and not in a `then` behind it: a start in between would be lost.
    this.#running = undefined;
    this.#progressed();
  }

  #merged(waiting: number): void {
    this.#waiting = waiting;
    this.#progressed();
  }

  #progressed(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers<void>();
  }
}
