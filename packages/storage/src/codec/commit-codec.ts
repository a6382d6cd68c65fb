import {
  ArchetypeError,
  constant,
  Frame,
  fromBuffers,
  types,
  type Column,
  type Commit,
  type Lease,
  type Signature,
  type TableCommit,
  type TypedArray,
} from '@archetype/core';
import type { JournalRecord } from '../journal/frame.ts';
import { MAX_BYTES, tooMuch } from './catalog-limits.ts';
import { decodeFrame, encodeFrame } from './frame-codec.ts';
import {
  COMMIT_FORMAT,
  headBytes,
  type CommitHead,
  type Frames,
  type TableHead,
} from './commit-head.ts';
import { decodeJson, LENGTH_BYTES } from './json-record.ts';
import { recordKinds } from './record-kind.ts';

/** A commit as a journal record; buffers are the columns' own memory. @throws `commit_failed` for more than a catalog holds */
export function encodeCommit(commit: Commit): JournalRecord {
  const buffers: TypedArray[] = [];
  const tables = commit.tables.map((table) => tableText(table, buffers)).join(',');
  const frames = encodeFrames(commit, buffers);
  const head = headBytes(commit, tables, frames);
  if (frames !== undefined) checkFitsCatalog(frames, head);
  return { kind: recordKinds.commit, body: [head, ...buffers] };
}

/** What a commit has of frames beside its tables; most have nothing. */
function encodeFrames({ input, messages }: Commit, buffers: TypedArray[]): Frames | undefined {
  const inputFrame = input instanceof Frame ? encodeFrame(input, buffers) : undefined;
  if (inputFrame === undefined && messages === undefined) return undefined;
  return {
    ...(inputFrame !== undefined && { inputFrame }),
    ...(messages !== undefined && { messages: encodeFrame(messages, buffers) }),
  };
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
  const head = decodeJson(body.subarray(LENGTH_BYTES, LENGTH_BYTES + length)) as CommitHead;
  if (head.format > COMMIT_FORMAT) {
    throw new ArchetypeError(
      'format_newer',
      `A commit in the journal has format ${head.format} and this version reads up to ${COMMIT_FORMAT}; upgrade to open the store.`,
    );
  }
  const { lease, tick, counters, resources, undelivered, settled } = head;
  let offset = LENGTH_BYTES + length;
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
