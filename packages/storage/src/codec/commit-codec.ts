import {
  ArchetypeError,
  constant,
  Frame,
  fromBuffers,
  types,
  type Column,
  type Commit,
  type Counters,
  type Json,
  type Lease,
  type SettledCommand,
  type Signature,
  type TableCommit,
  type TypedArray,
} from '@archetype/core';
import type { JournalRecord } from '../journal/frame.ts';
import { MAX_BYTES, tooMuch } from './catalog-limits.ts';
import { decodeFrame, encodeFrame, type FrameHead } from './frame-codec.ts';
import { COUNT_BYTES, decodeJson, textBytes } from './json-record.ts';
import { recordKinds } from './record-kind.ts';

/** Format of a commit's head; a reader refuses a newer one. */
const COMMIT_FORMAT = 1;

/**
 * The head of a commit's body, as JSON; its length comes before it, in 8 bytes. Buffers follow in the order of tables and
 * columns, then of an input that is a frame, then of messages, each padded to a multiple of 8.
 */
interface CommitHead {
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
type TableHead =
  | { readonly schema: string; readonly sameAs: number }
  | {
      readonly schema: string;
      readonly rows: number;
      /** All rows active: the column is not written. */
      readonly active: boolean;
      /** Bytes of each buffer. */
      readonly buffers: readonly number[];
    };

/** A commit as a journal record; buffers are the columns' own memory. @throws `commit_failed` for more than a catalog holds */
export function encodeCommit(commit: Commit): JournalRecord {
  const buffers: TypedArray[] = [];
  const tables = commit.tables.map((table) => tableText(table, buffers));
  const frames = encodeFrames(commit, buffers);
  const head = headBytes(commit, tables, frames);
  if (frames !== undefined) checkFitsCatalog(frames, head);
  return { kind: recordKinds.commit, body: [head, ...buffers] };
}

type Frames = Pick<CommitHead, 'inputFrame' | 'messages'>;

/** What a commit has of frames beside its tables; most have nothing. */
function encodeFrames({ input, messages }: Commit, buffers: TypedArray[]): Frames | undefined {
  const inputFrame = input instanceof Frame ? encodeFrame(input, buffers) : undefined;
  if (inputFrame === undefined && messages === undefined) return undefined;
  return {
    ...(inputFrame !== undefined && { inputFrame }),
    ...(messages !== undefined && { messages: encodeFrame(messages, buffers) }),
  };
}

/** A head that tells of rows alone. */
interface PlainHead {
  readonly counters: Counters;
  readonly tables: readonly string[];
  readonly tick: string;
  readonly bytes: Uint8Array;
}
/** The last one of each world, by its lease, which is the same object in all its ticks. */
const plainHeads = new WeakMap<Lease, PlainHead>();

/** A `CommitHead` as it is written. Most ticks of a world differ by their number alone: it is put into the last one's bytes. */
function headBytes(
  commit: Commit,
  tables: readonly string[],
  frames: Frames | undefined,
): Uint8Array {
  const { lease, counters } = commit;
  const plain = tellsOfRowsAlone(commit);
  const tick = String(commit.tick);
  const last = plain ? plainHeads.get(lease) : undefined;
  if (last?.counters === counters && last.tick.length === tick.length && same(last.tables, tables))
    return withTick(last.bytes, Buffer.byteLength(beginning(lease)), tick);
  const bytes = textBytes(() => headText(commit, tables, frames), { counted: true });
  // A copy, as the memory around it is shared with others.
  if (plain) plainHeads.set(lease, { counters, tables, tick, bytes: new Uint8Array(bytes) });
  return bytes;
}

const tellsOfRowsAlone = ({ resources, input, messages, undelivered, settled }: Commit): boolean =>
  resources === undefined &&
  input === undefined &&
  messages === undefined &&
  undelivered === undefined &&
  settled.length === 0;

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, k) => text === b[k]);

/** The same bytes with another tick of as many digits, which begins after so many bytes of text. */
function withTick(head: Uint8Array, begin: number, tick: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(head.byteLength);
  bytes.set(head);
  for (let k = 0; k < tick.length; k++) bytes[COUNT_BYTES + begin + k] = tick.charCodeAt(k);
  return bytes;
}

/** JSON of a `CommitHead`, field by field: what the ticks of a world repeat is kept as text. */
function headText(
  { lease, tick, counters, resources, input, undelivered, settled }: Commit,
  tables: readonly string[],
  frames: Frames | undefined,
): string {
  const { nextEntity, nextMessage } = counters;
  let text = `${beginning(lease)}${tick}`;
  text += `,"counters":{"nextEntity":${nextEntity},"nextMessage":${nextMessage}}`;
  text += `,"tables":[${tables.join(',')}]`;
  if (resources !== undefined) text += `,"resources":${JSON.stringify(resources)}`;
  if (frames?.inputFrame !== undefined)
    text += `,"inputFrame":${JSON.stringify(frames.inputFrame)}`;
  else if (input !== undefined) text += `,"input":${JSON.stringify(input)}`;
  if (frames?.messages !== undefined) text += `,"messages":${JSON.stringify(frames.messages)}`;
  if (undelivered !== undefined) text += `,"undelivered":${JSON.stringify(undelivered)}`;
  return `${text},"settled":${settled.length === 0 ? '[]' : JSON.stringify(settled)}}`;
}

const beginnings = new WeakMap<Lease, string>();

/** What comes before the tick. */
function beginning(lease: Lease): string {
  let text = beginnings.get(lease);
  if (text === undefined) {
    text = `{"format":${COMMIT_FORMAT},"lease":${JSON.stringify(lease)},"tick":`;
    beginnings.set(lease, text);
  }
  return text;
}

/** Input and messages are kept with the tick's own row. @throws `commit_failed` for more than it holds */
function checkFitsCatalog({ inputFrame, messages }: Frames, json: Uint8Array): void {
  const sizes = [...(inputFrame?.buffers ?? []), ...(messages?.buffers ?? [])];
  const bytes = sizes.reduce((sum, size) => sum + size, json.byteLength);
  if (bytes > MAX_BYTES) throw tooMuch(`What a tick says beside its rows has ${bytes} bytes`);
}

/** A table's head as JSON, and the sizes of the buffers that it tells of. */
interface TableText {
  readonly text: string;
  readonly sizes: readonly number[];
}
/** What was said of each table last. */
const texts = new WeakMap<Signature, TableText>();

/** Adds a table's memory to `buffers`, and says in JSON what it is. */
function tableText(table: TableCommit, buffers: TypedArray[]): string {
  const { signature } = table;
  const { schema } = signature;
  if ('sameAs' in table)
    return JSON.stringify({ schema, sameAs: table.sameAs } satisfies TableHead);
  const { columns, numRows: rows } = table.rows;
  const active = columns[ACTIVE]!.constant === true;
  const begin = buffers.length;
  for (const column of writtenColumns(columns, active)) column.addBuffers(buffers);
  // Equal sizes are an equal head: entity_id has 4 bytes a row, and is_active has buffers of its own when it is written.
  const last = texts.get(signature);
  if (last !== undefined && sameSizes(last.sizes, buffers, begin)) return last.text;
  const sizes = buffers.slice(begin).map((buffer) => buffer.byteLength);
  const text = JSON.stringify({ schema, rows, active, buffers: sizes } satisfies TableHead);
  texts.set(signature, { text, sizes });
  return text;
}

function sameSizes(
  sizes: readonly number[],
  buffers: readonly TypedArray[],
  begin: number,
): boolean {
  if (sizes.length !== buffers.length - begin) return false;
  for (let k = 0; k < sizes.length; k++)
    if (buffers[begin + k]!.byteLength !== sizes[k]) return false;
  return true;
}

const ACTIVE = 1;
const writtenColumns = <T>(columns: readonly T[], active: boolean): readonly T[] =>
  active ? columns.filter((_, k) => k !== ACTIVE) : columns;

export interface DecodedCommit {
  readonly kind: 'commit';
  readonly commit: Commit;
}

/** A commit with a table whose columns were told by a record that is damaged: where it stands is all that can be known. */
export interface UnreadableCommit {
  readonly kind: 'unreadable';
  readonly lease: Lease;
  readonly tick: number;
}

/**
 * The inverse of `encodeCommit`; columns are views of `body`, made when they are read: it must not change.
 *
 * @throws `format_newer`, `record_unknown`
 */
export function decodeCommit(
  body: Uint8Array,
  signatureOf: (schema: string) => Signature | undefined,
): DecodedCommit | UnreadableCommit {
  const length = new DataView(body.buffer, body.byteOffset, 4).getUint32(0, true);
  const head = decodeJson(body.subarray(8, 8 + length)) as CommitHead;
  if (head.format > COMMIT_FORMAT) {
    throw new ArchetypeError(
      'format_newer',
      `A commit in the journal has format ${head.format} and this version reads up to ${COMMIT_FORMAT}; upgrade to open the store.`,
    );
  }
  const { lease, tick, counters, resources, undelivered, settled } = head;
  let offset = 8 + length;
  const signatures = head.tables.map(({ schema }) => signatureOf(schema));
  if (signatures.includes(undefined)) return { kind: 'unreadable', lease, tick };
  const tables = head.tables.map((table, k): TableCommit => {
    const signature = signatures[k]!;
    if ('sameAs' in table) return { signature, sameAs: table.sameAs };
    const next = buffersFrom(body, offset);
    for (const bytes of table.buffers) offset += padded(bytes);
    return new DecodedTable(signature, table, next);
  });
  const next = buffersFrom(body, offset);
  const input = head.inputFrame === undefined ? head.input : decodeFrame(head.inputFrame, next);
  const messages = head.messages && decodeFrame(head.messages, next);
  const commit: Commit = {
    lease,
    tick,
    counters,
    tables,
    settled,
    ...(resources !== undefined && { resources }),
    ...(input !== undefined && { input }),
    ...(messages !== undefined && { messages }),
    ...(undelivered !== undefined && { undelivered }),
  };
  return { kind: 'commit', commit };
}

type NextBuffer = (bytes: number) => Uint8Array;

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Hands out the buffers that lie one behind the other from an offset on. */
function buffersFrom(body: Uint8Array, begin: number): NextBuffer {
  let offset = begin;
  return (bytes) => {
    const buffer = body.subarray(offset, offset + bytes);
    offset += padded(bytes);
    return buffer;
  };
}

type RowsHead = Extract<TableHead, { readonly rows: number }>;

/**
 * A table's rows, as columns when somebody reads them: of a long journal, most go into parts before. Not to be spread: its
 * rows are a getter.
 */
class DecodedTable {
  readonly signature: Signature;
  #rows: Frame | (() => Frame);

  constructor(signature: Signature, head: RowsHead, next: NextBuffer) {
    this.signature = signature;
    this.#rows = () => decodeTable(signature, head, next);
  }

  get rows(): Frame {
    if (typeof this.#rows === 'function') this.#rows = this.#rows();
    return this.#rows;
  }
}

function decodeTable(signature: Signature, head: RowsHead, next: NextBuffer): Frame {
  let k = 0;
  const source = { next: () => next(head.buffers[k++]!) };
  const columns = writtenColumns(signature.stored, head.active).map(({ type }): Column =>
    fromBuffers(type, head.rows, source),
  );
  if (head.active) columns.splice(ACTIVE, 0, constant(types.bool, head.rows, true));
  return new Frame(signature.stored, columns, head.rows);
}
