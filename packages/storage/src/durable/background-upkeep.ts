/** Runs upkeep in the background, beside the flushes that come meanwhile, and once more after those. */
export class BackgroundUpkeep {
  readonly #run: (again: () => boolean) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> | undefined;
  /** Something was flushed since the last round began. */
  #due = false;
  #ended = false;

  /** `run` is told how to see whether another round follows. */
  constructor(run: (again: () => boolean) => Promise<void>, failed: (error: unknown) => void) {
    this.#run = run;
    this.#failed = failed;
  }

  start(): void {
    this.#due = true;
    if (!this.#ended) this.#running ??= this.#whileDue();
  }

  /** Resolves when what is under way is done; nothing begins any more. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  async #whileDue(): Promise<void> {
    try {
      while (this.#due && !this.#ended) {
        this.#due = false;
        await this.#run(() => this.#due || this.#ended);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      // Here and not in a `then` behind it: a start in between would be lost.
      this.#running = undefined;
    }
  }
}
