import type { Commit } from '../state/commit.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Lease } from '../state/world-record.ts';
import type { Store } from '../store/store.ts';
import type { Staging } from './staging.ts';

interface Opened {
  readonly store: Store;
  readonly lease: Lease;
}

/**
 * Carries computed ticks to the store, several at a time, in order. `head` is the state that the next tick starts from,
 * `durable` what everybody else sees. When a commit fails, those behind it were made on top of it and fail with it; then
 * both states are the last durable tick again, and everything that the failed ticks took is staged again.
 */
export class Committer {
  readonly #staging: Staging;
  readonly #open: () => Promise<Opened>;
  /** The store once it has taken a commit: ticks go to it without a turn in between. */
  #opened: Opened | undefined;
  /** Until the store has taken a commit: what the newest tick that was handed over waits for; rejects as that commit does. */
  opening: Promise<unknown> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #inFlight = 0;
  /** Ticks handed over. */
  #pushed = 0;
  /** Ticks that came back, in their order. */
  #back = 0;
  /** Of those that came back so far, the first that failed, by its place; those before it are not touched by it. */
  #failure: { readonly place: number; readonly error: unknown } | undefined;
  /** The failure that came last. */
  #lost: unknown;
  head: Snapshot;
  durable: Snapshot;

  constructor(snapshot: Snapshot, staging: Staging, open: () => Promise<Opened>) {
    this.head = snapshot;
    this.durable = snapshot;
    this.#staging = staging;
    this.#open = open;
  }

  /** A commit failed and those behind it have not all come back yet. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  /** What was computed on top of `base` has nothing to stand on, if that was lost meanwhile. @throws what lost it */
  checkBase(base: Snapshot): void {
    if (this.head !== base) throw this.#lost;
  }

  /** Hands a tick over. Resolves when it is durable; rejects when it, or one before it, is not. */
  push(snapshot: Snapshot, commit: Omit<Commit, 'lease'>, onDurable?: () => void): Promise<void> {
    this.head = snapshot;
    this.#inFlight++;
    const place = this.#pushed++;
    const done = this.#append(commit, place, this.#last).then(() => {
      this.#inFlight--;
      this.#back++;
      if (this.#failure !== undefined && this.#failure.place <= place) throw this.#fail();
      this.durable = snapshot;
      this.#staging.committed(snapshot);
      return onDurable?.();
    });
    // Whoever asked for the tick sees its failure; the queue only waits.
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when nothing is under way. Never rejects: failures belong to those who asked for the ticks. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #append(
    commit: Omit<Commit, 'lease'>,
    place: number,
    before: Promise<unknown>,
  ): Promise<void> {
    try {
      const opened = this.#opened ?? (await (this.opening = this.#open()));
      await opened.store.append([{ ...commit, lease: opened.lease }]);
      // Not before: ticks that wait for the store to open were handed over first.
      this.#opened = opened;
      this.opening = undefined;
    } catch (error) {
      if (this.#failure === undefined || place < this.#failure.place)
        this.#failure = { place, error };
    }
    // When those before it came back already, waiting for them would only cost a turn.
    if (this.#back < place) await before;
  }

  #fail(): unknown {
    const { error } = this.#failure!;
    this.#lost = error;
    if (this.#inFlight === 0) {
      this.#failure = undefined;
      this.head = this.durable;
      this.#staging.restore(this.durable);
    }
    return error;
  }
}
