import type { Frame } from '../frame/frame.ts';
import type { Commit } from '../state/commit.ts';
import type { WorldId } from '../state/ids.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Lease, WorldRecord } from '../state/world-record.ts';
import type { ScanQuery, StoredWorld, TickMessages } from '../store/store.ts';

/** A commit on its way to a store. */
export interface Appending {
  /** Whether `wait` would answer at once. */
  readonly settled: boolean;
  /** Returns once the commit is durable. @throws what `Store.append` throws */
  wait(): void;
}

/** What worlds that do not await need of a store: as `Store`, with plain values. */
export interface SyncStore {
  create(record: WorldRecord): Lease;
  fork(record: WorldRecord): Lease;
  claim(world: WorldId): {
    readonly lease: Lease;
    readonly record: StoredWorld;
    readonly state: Snapshot | undefined;
  };
  /** Hands a commit over; ticks take effect in the order in which they are handed over. */
  append(commit: Commit): Appending;
  scan(query: ScanQuery): Iterable<Frame>;
  messages(
    world: WorldId,
    ticks: { readonly from: number; readonly to: number },
  ): Iterable<TickMessages>;
  snapshot(world: WorldId, tick: number): Snapshot | undefined;
  worlds(): readonly StoredWorld[];
  destroy(lease: Lease): void;
}
