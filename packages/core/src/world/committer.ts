import type { Commit } from '../state/commit.ts';
import type { Mutation } from '../state/mutation.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Lease } from '../state/world-record.ts';
import type { Store } from '../store/store.ts';
import type { Staging } from './staging.ts';

/** Ticks computed but not yet durable, at most; more would only hold memory. */
const MAX_IN_FLIGHT = 32;

interface InFlight {
  readonly done: Promise<void>;
}

/**
 * Carries computed ticks to the store, several at a time, in order. `head` is the state that the next tick starts from,
 * `durable` what everybody else sees. When a commit fails, both are the last durable tick again and everything that the
 * failed ticks took is staged again.
 */
export class Committer {
  readonly #staging: Staging;
  readonly #open: () => Promise<{ readonly store: Store; readonly lease: Lease }>;
  readonly #inFlight: InFlight[] = [];
  #failure: unknown;
  head: Snapshot;
  durable: Snapshot;

  constructor(
    snapshot: Snapshot,
    staging: Staging,
    open: () => Promise<{ readonly store: Store; readonly lease: Lease }>,
  ) {
    this.head = snapshot;
    this.durable = snapshot;
    this.#staging = staging;
    this.#open = open;
  }

  /** Hands a tick over; resolves when there is room for another one. */
  async push(
    snapshot: Snapshot,
    commit: Omit<Commit, 'lease'>,
    taken: readonly Mutation[],
    onDurable?: () => void,
  ): Promise<void> {
    this.head = snapshot;
    const { store, lease } = await this.#open();
    const done = store.append([{ ...commit, lease }]).then(
      () => this.#durable(snapshot, taken, onDurable),
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
    this.#inFlight.push({ done });
    if (this.#inFlight.length >= MAX_IN_FLIGHT) await this.#inFlight.shift()!.done;
    if (this.#failure !== undefined) await this.drain();
  }

  #durable(snapshot: Snapshot, taken: readonly Mutation[], onDurable?: () => void): void {
    if (this.#failure !== undefined) return;
    this.durable = snapshot;
    this.#staging.committed(taken, snapshot);
    onDurable?.();
  }

  /** Waits until every tick handed over is durable. @throws what made the first of them fail */
  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#inFlight.shift()!.done;
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    this.head = this.durable;
    this.#staging.restore(this.durable);
    throw failure;
  }
}
