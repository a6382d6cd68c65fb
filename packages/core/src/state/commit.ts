import type { Frame } from '../frame/frame.ts';
import type { Signature } from '../schema/signature.ts';
import type { SettledCommand } from './command.ts';
import type { Json } from './json.ts';
import type { Counters } from './snapshot.ts';
import type { Lease } from './world-record.ts';

/** Rows of one table at one tick, or the earlier tick of the same lineage whose rows they equal. */
export type TableCommit =
  | {
      readonly signature: Signature;
      /** Columns `signature.stored`, in ascending `entity_id`; tombstones have `is_active` false. */
      readonly rows: Frame;
    }
  | { readonly signature: Signature; readonly sameAs: number };

/** All that one tick appends: visible at once or not at all. */
export interface Commit {
  readonly lease: Lease;
  readonly tick: number;
  /** In ascending table id; a table without rows is absent. */
  readonly tables: readonly TableCommit[];
  readonly counters: Counters;
  /** Data resources that changed, whole values. */
  readonly resources?: Readonly<Record<string, Json>>;
  /** Messages sent in this tick, columns `messageColumns`; absent when there are none. */
  readonly messages?: Frame;
  /** Ids of messages of the tick before whose receivers were gone when they were to be delivered. */
  readonly undelivered?: readonly number[];
  /** What the caller gave to the step: JSON, or a frame keyed by `entity_id`. */
  readonly input?: Json | Frame;
  readonly settled: readonly SettledCommand[];
}
