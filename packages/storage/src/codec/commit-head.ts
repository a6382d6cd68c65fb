import type { Commit, Counters, Json, Lease, SettledCommand } from '@archetype/core';
import type { FrameHead } from './frame-codec.ts';
import { LENGTH_BYTES, textBytes } from './json-record.ts';

/** Format of a commit's head; a reader refuses a newer one. */
export const COMMIT_FORMAT = 1;

/**
 * The head of a commit's body, as JSON; its length comes before it, in 8 bytes. Buffers follow in the order of tables and
 * columns, then of an input that is a frame, then of messages, each padded to a multiple of 8.
 */
export interface CommitHead {
  readonly format: number;
  readonly lease: Lease;
  readonly tick: number;
  readonly counters: Counters;
  readonly tables: readonly TableHead[];
  readonly resources?: Readonly<Record<string, Json>>;
  readonly input?: Json;
  /** An input that is a frame, in place of one that is JSON; its buffers follow those of the tables. */
  readonly inputFrame?: FrameHead;
  readonly messages?: FrameHead;
  readonly undelivered?: readonly number[];
  readonly settled: readonly SettledCommand[];
}
export type TableHead =
  | { readonly schema: string; readonly sameAs: number }
  | {
      readonly schema: string;
      readonly rows: number;
      /** All rows active: the column is not written. */
      readonly active: boolean;
      /** Bytes of each buffer. */
      readonly buffers: readonly number[];
    };

/** What a head tells of frames beside the tables. */
export type Frames = Pick<CommitHead, 'inputFrame' | 'messages'>;

/** A head of a tick that has nothing beside its tables. */
interface PlainHead {
  readonly counters: Counters;
  /** Their heads as JSON. */
  readonly tables: string;
  /** Where the tick's digits are in `bytes`, and how many. */
  readonly tickAt: number;
  readonly digits: number;
  readonly bytes: Uint8Array;
}
/**
 * The last one of each world, by the object that is its lease. Where that is another in each tick, for a store in a thread of
 * its own, nothing is found, and all is written anew.
 */
const plainHeads = new WeakMap<Lease, PlainHead>();

/**
 * A `CommitHead` as JSON, behind its length. While nothing is born or said, ticks of a world differ by their number alone: it is
 * put into the bytes of the last one. `tables` is JSON of their heads.
 */
export function headBytes(commit: Commit, tables: string, frames: Frames | undefined): Uint8Array {
  const { lease, counters } = commit;
  const plain = hasTablesAlone(commit);
  const tick = String(commit.tick);
  const last = plain ? plainHeads.get(lease) : undefined;
  if (
    last?.tables === tables &&
    last.digits === tick.length &&
    last.counters.nextEntity === counters.nextEntity &&
    last.counters.nextMessage === counters.nextMessage
  )
    return withTick(last, tick);
  const beginning = `{"format":${COMMIT_FORMAT},"lease":${JSON.stringify(lease)},"tick":`;
  const bytes = textBytes(() => beginning + rest(commit, tables, frames), { withLength: true });
  if (plain) {
    const tickAt = LENGTH_BYTES + Buffer.byteLength(beginning);
    // A copy: a view would keep the whole pool of `Buffer` that it was cut from.
    const copy = new Uint8Array(bytes);
    plainHeads.set(lease, { counters, tables, tickAt, digits: tick.length, bytes: copy });
  }
  return bytes;
}

const hasTablesAlone = ({ resources, input, messages, undelivered, settled }: Commit): boolean =>
  resources === undefined &&
  input === undefined &&
  messages === undefined &&
  undelivered === undefined &&
  settled.length === 0;

/** Only for a tick of as many digits: then what is behind it, the padding and the length stay where they are. */
function withTick({ bytes, tickAt }: PlainHead, tick: string): Uint8Array {
  const copy = Buffer.allocUnsafe(bytes.byteLength);
  copy.set(bytes);
  for (let k = 0; k < tick.length; k++) copy[tickAt + k] = tick.charCodeAt(k);
  return copy;
}

/** JSON of a head from its tick on, field by field. */
function rest(
  { tick, counters, resources, input, undelivered, settled }: Commit,
  tables: string,
  frames: Frames | undefined,
): string {
  const { nextEntity, nextMessage } = counters;
  let text = `${tick},"counters":{"nextEntity":${nextEntity},"nextMessage":${nextMessage}}`;
  text += `,"tables":[${tables}]`;
  if (resources !== undefined) text += `,"resources":${JSON.stringify(resources)}`;
  if (frames?.inputFrame !== undefined)
    text += `,"inputFrame":${JSON.stringify(frames.inputFrame)}`;
  else if (input !== undefined) text += `,"input":${JSON.stringify(input)}`;
  if (frames?.messages !== undefined) text += `,"messages":${JSON.stringify(frames.messages)}`;
  if (undelivered !== undefined) text += `,"undelivered":${JSON.stringify(undelivered)}`;
  return `${text},"settled":${settled.length === 0 ? '[]' : JSON.stringify(settled)}}`;
}
