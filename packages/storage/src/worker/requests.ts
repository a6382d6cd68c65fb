import type { TableStoreSource } from '../table-store.ts';
import type { RemoteLocation } from '../remote/location.ts';
import type { AbortedRange } from '../journal/recovery.ts';
import type { Thinning } from '../catalog/retention-tables.ts';
import type { FlushedRuns } from './flush-segment.ts';
import type { MergeLimits } from './merge-parts.ts';
import type { PartProblem } from './check-parts.ts';

/** What the thread is made with. */
export interface ThreadData {
  /** The journal's directory. */
  readonly journal: string;
  readonly catalogPath: string;
  readonly owner: number;
  readonly source: TableStoreSource;
  /** Where parts are: a directory, or a prefix of an object store. */
  readonly parts: RemoteLocation;
  /** Where the catalog is shown to other machines. */
  readonly published?: RemoteLocation;
  /** The store's own. */
  readonly directory: string;
}

/** What the thread can be asked for, by name: what it is given, and what it answers. */
export interface Requests {
  /** Moves a sealed segment into parts; one that this process wrote is `intact`, or was damaged since. */
  flush: {
    given: { segment: string; aborted: readonly AbortedRange[]; intact: boolean };
    answer: FlushedRuns;
  };
  /** Merges one group of parts, if there is one; answers how many parts wait for the next. */
  merge: { given: MergeLimits; answer: number };
  /** Indexes one large part, if there is one without; answers whether there was. */
  index: { given: undefined; answer: boolean };
  /** Removes parts that were retired longer than `graceMs` ago and that no read needs. */
  sweep: { given: { graceMs: number; pinned: readonly string[] }; answer: number };
  /** Answers how many ticks went. */
  thin: { given: Thinning; answer: number };
  drop: { given: { world: string; run: string }; answer: void };
  /** Shows the newest catalog to other machines. */
  publish: { given: undefined; answer: void };
  check: { given: undefined; answer: { parts: number; problems: readonly PartProblem[] } };
}
export type RequestName = keyof Requests;

export type ThreadRequest =
  | {
      readonly kind: RequestName;
      /** Counts requests, since answers come in any order. */
      readonly id: number;
      readonly given: unknown;
    }
  | { readonly kind: 'close' };
export type ThreadReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly answer: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: string | undefined;
      readonly message: string;
    };
