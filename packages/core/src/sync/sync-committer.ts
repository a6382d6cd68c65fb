import type { Commit } from '../state/commit.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Staging } from '../world/staging.ts';
import type { Appending } from './sync-store.ts';

interface Pushed {
  readonly snapshot: Snapshot;
  readonly appending: Appending;
  readonly onDurable: () => void;
}

/** As `Committer`, for a world that waits by standing still: ticks are settled when it asks, in their order. */
export class SyncCommitter {
  readonly #staging: Staging;
  readonly #append: (commit: Omit<Commit, 'lease'>) => Appending;
  #pushed: readonly Pushed[] = [];
  head: Snapshot;
  durable: Snapshot;

  constructor(
    snapshot: Snapshot,
    staging: Staging,
    append: (commit: Omit<Commit, 'lease'>) => Appending,
  ) {
    this.head = snapshot;
    this.durable = snapshot;
    this.#staging = staging;
    this.#append = append;
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.#pushed.length === 0;
  }

  /** Hands a tick over; `onDurable` is called by `settle`. @throws what keeps the commit from being handed over */
  push(snapshot: Snapshot, commit: Omit<Commit, 'lease'>, onDurable: () => void): void {
    const appending = this.#append(commit);
    this.head = snapshot;
    this.#pushed = [...this.#pushed, { snapshot, appending, onDurable }];
  }

  /**
   * Takes up the ticks that have become durable, and waits while more than `most` have not. When a commit failed, those
   * behind it fail with it, and the world stands at its last durable tick, with what they took staged again.
   *
   * @throws the first failure, and what `onDurable` throws
   */
  settle(most: number): void {
    for (;;) {
      const [first, ...rest] = this.#pushed;
      if (first === undefined || (this.#pushed.length <= most && !first.appending.settled)) return;
      const failure = failureOf(first);
      if (failure !== undefined) throw this.#fail(failure.error, rest);
      this.#pushed = rest;
      this.durable = first.snapshot;
      this.#staging.committed(first.snapshot);
      first.onDurable();
    }
  }

  #fail(error: unknown, behind: readonly Pushed[]): unknown {
    // They were made on top of what is lost: what becomes of them is no news, but none may come in later.
    behind.forEach(failureOf);
    this.#pushed = [];
    this.head = this.durable;
    this.#staging.restore(this.durable);
    return error;
  }
}

function failureOf({ appending }: Pushed): { readonly error: unknown } | undefined {
  try {
    appending.wait();
    return undefined;
  } catch (error) {
    return { error };
  }
}
