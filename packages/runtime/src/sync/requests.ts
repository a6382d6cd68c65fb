import type {
  AuditHead,
  AuditPage,
  AuditPageQuery,
  AuditVerdict,
  TrustedCall,
} from '@archetype/app';
import type { Lease, Logger, ScanQuery, StoredWorld, WorldRecord } from '@archetype/core';
import type { MessagePort } from 'node:worker_threads';
import type { RuntimeStorage } from '../open-store.ts';
import type { WireError } from './wire-error.ts';
import type { WireFrame } from './wire-frame.ts';
import type { WireCommit, WireMessages, WireSnapshot } from './wire-state.ts';

/** What the thread is made with. */
export interface ThreadData {
  readonly port: MessagePort;
  /** By `signals`. */
  readonly signals: Int32Array;
  readonly storage: RuntimeStorage;
}

/** Memory that both threads see, by position. */
export const signals = {
  /** Counts replies; whoever waits for one sleeps on it. */
  replies: 0,
  /** Counts on as long as the thread's event loop turns. */
  beats: 1,
  /** Not 0 once the thread has ended. */
  ended: 2,
} as const;
export const SIGNALS = Object.keys(signals).length;

/** Some of what an iterator gives; `cursor` asks for more, and is undefined after the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: number | undefined;
}

/** What the thread can be asked for, by name: what it is given, and what it answers. */
export interface Requests {
  create: { given: WorldRecord; answer: Lease };
  fork: { given: WorldRecord; answer: Lease };
  claim: {
    given: string;
    answer: { lease: Lease; record: StoredWorld; state: WireSnapshot | undefined };
  };
  append: { given: WireCommit; answer: void };
  snapshot: { given: { world: string; tick: number }; answer: WireSnapshot | undefined };
  worlds: { given: undefined; answer: readonly StoredWorld[] };
  destroy: { given: Lease; answer: void };
  scan: { given: ScanQuery; answer: Page<WireFrame> };
  messages: {
    given: { world: string; ticks: { readonly from: number; readonly to: number } };
    answer: Page<WireMessages>;
  };
  /** More of an iterator. */
  more: { given: number; answer: Page<WireFrame | WireMessages> };
  /** No more of it is wanted. */
  enough: { given: number; answer: void };
  /** How many accepted commands wait for a world, and one above the entity ids that commands were promised. */
  promised: { given: string; answer: { readonly waiting: number; readonly held: number } };
  /** A call of the script's own, for the audit trail. */
  note: { given: TrustedCall; answer: void };
  audit: { given: AuditPageQuery; answer: AuditPage };
  verifyAudit: { given: AuditHead | undefined; answer: AuditVerdict };
  close: { given: undefined; answer: void };
}
export type RequestName = keyof Requests;

export interface Request {
  readonly id: number;
  readonly name: RequestName;
  readonly given: unknown;
}
export type Reply =
  | { readonly id: number; readonly kind: 'done'; readonly answer: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly error: WireError }
  /** Told when the calling thread looks next. */
  | {
      readonly id: undefined;
      readonly kind: 'log';
      readonly level: keyof Logger;
      readonly message: string;
      readonly error: WireError | undefined;
    }
  /** The thread ends, and answers nothing any more. */
  | { readonly id: undefined; readonly kind: 'ending'; readonly error: WireError };
