import { bytesOf, type TypedArray } from '@archetype/core';
import { crc32 } from './crc32.ts';
import type { Space } from './space.ts';

/**
 * Bytes of the journal, little-endian. A segment begins with a header of 64 bytes:
 *
 *     0 magic "ARCHJRNL"   8 format u32   12 zero u32   16 store id, 16 bytes
 *     32 first sequence u64   40 zero, 20 bytes   60 checksum u32 of bytes 0..59
 *
 * Frames follow, each at a multiple of 8: a head of 32 bytes and a body padded to a multiple of 8.
 *
 *     0 magic "FRAM"   4 kind u8   5 flags u8   6 format u16   8 sequence u64   16 body length u32
 *     20 checksum u32 of the body   24 unproven u32   28 checksum u32 of bytes 0..27, the store id and the first sequence
 *
 * `unproven` says how many sequences right before this one might not have been durable when it was written. Those before
 * them were: a frame that is there proves it. Frames from before this field have 0.
 */
export const FORMAT = 1;
export const HEADER_BYTES = 64;
const HEAD_BYTES = 32;
/** A body's length is 32 bits, and buffers of Node end near 4 GiB. */
export const MAX_BODY_BYTES = 2 ** 31;

const SEGMENT_MAGIC = new TextEncoder().encode('ARCHJRNL');
const FRAME_MAGIC = 0x4d415246;

/** Where a segment stands: frames of another store or place fail its checksum. */
export interface SegmentIdentity {
  readonly storeId: Uint8Array;
  readonly first: number;
}

export function encodeHeader({ storeId, first }: SegmentIdentity): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(SEGMENT_MAGIC, 0);
  view.setUint32(8, FORMAT, true);
  bytes.set(storeId, 16);
  view.setBigUint64(32, BigInt(first), true);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

/** The header's content, or undefined when its bytes are not one. */
export function decodeHeader(
  bytes: Uint8Array,
): (SegmentIdentity & { readonly format: number }) | undefined {
  if (bytes.byteLength < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const sound =
    SEGMENT_MAGIC.every((byte, k) => bytes[k] === byte) &&
    view.getUint32(60, true) === crc32(bytes.subarray(0, 60));
  if (!sound) return undefined;
  return {
    format: view.getUint32(8, true),
    storeId: bytes.slice(16, 32),
    first: Number(view.getBigUint64(32, true)),
  };
}

/** A record on its way into the journal: what it is, and its buffers as they are. */
export interface JournalRecord {
  readonly kind: number;
  readonly body: readonly TypedArray[];
}

/** A body as it is written: its buffers' own memory, each with what pads it, and their checksum. */
export interface SummedBody {
  readonly buffers: readonly Uint8Array[];
  readonly checksum: number;
}

/** A record and its place in the journal. */
export interface NumberedRecord {
  readonly record: JournalRecord;
  readonly sequence: number;
  /** Bytes of its frame: `frameBytes` of the record. */
  readonly bytes: number;
  /** Its body, summed already: it is written as it is. Without it the frame is copied where there is space. */
  readonly summed?: SummedBody | undefined;
}

const padded = (bytes: number): number => bytes + ((8 - (bytes % 8)) % 8);
const padding = new Uint8Array(8);

/** A body's buffers, not copied, each with what pads it to a multiple of 8, and the checksum of all. */
export function summedBody({ body }: JournalRecord): SummedBody {
  const buffers: Uint8Array[] = [];
  let checksum = 0;
  for (const buffer of body) {
    const { byteLength } = buffer;
    if (byteLength === 0) continue; // most columns have one: their validity, where nothing is null
    const bytes = bytesOf(buffer);
    buffers.push(bytes);
    checksum = crc32(bytes, checksum);
    if (byteLength % 8 === 0) continue;
    const pad = padding.subarray(byteLength % 8);
    buffers.push(pad);
    checksum = crc32(pad, checksum);
  }
  return { buffers, checksum };
}

/** Bytes that a record takes in a segment: a head, and its buffers, each padded. */
export const frameBytes = ({ body }: JournalRecord): number =>
  body.reduce((n, buffer) => n + padded(buffer.byteLength), HEAD_BYTES);

/** Head, body and padding, ready to be written; the body's buffers are not copied. All records before `proven` are durable. */
export function encodeFrame(
  { record, sequence, bytes, summed = summedBody(record) }: NumberedRecord,
  proven: number,
  identity: SegmentIdentity,
): readonly Uint8Array[] {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  const { buffers, checksum } = summed;
  const length = bytes - HEAD_BYTES;
  const content = { kind: record.kind, sequence, length, checksum, unproven: sequence - proven };
  writeHead({ bytes: head, view }, 0, content, identity);
  return [head, ...buffers];
}

/** The same bytes, copied into `into` from `offset` on; returns where they end. */
export function writeFrame(
  { record, sequence }: NumberedRecord,
  proven: number,
  identity: SegmentIdentity,
  into: Space,
  offset: number,
): number {
  const begin = offset + HEAD_BYTES;
  let end = begin;
  for (const buffer of record.body) end = into.put(buffer, end);
  const length = end - begin;
  const checksum = crc32(into.bytes.subarray(begin, end));
  const content = { kind: record.kind, sequence, length, checksum, unproven: sequence - proven };
  writeHead(into, offset, content, identity);
  return end;
}

/** All 32 bytes at `at`, whatever was there: the memory is used again. */
function writeHead(
  { bytes, view }: Pick<Space, 'bytes' | 'view'>,
  at: number,
  content: {
    readonly kind: number;
    readonly sequence: number;
    readonly length: number;
    readonly checksum: number;
    readonly unproven: number;
  },
  identity: SegmentIdentity,
): void {
  view.setUint32(at, FRAME_MAGIC, true);
  view.setUint8(at + 4, content.kind);
  view.setUint8(at + 5, 0);
  view.setUint16(at + 6, FORMAT, true);
  view.setBigUint64(at + 8, BigInt(content.sequence), true);
  view.setUint32(at + 16, content.length, true);
  view.setUint32(at + 20, content.checksum, true);
  view.setUint32(at + 24, content.unproven, true);
  view.setUint32(at + 28, headChecksum(bytes.subarray(at, at + HEAD_BYTES), identity), true);
}

const places = new WeakMap<SegmentIdentity, Uint8Array>();

/** Store and first sequence as bytes, made once for each segment. */
function placeOf(identity: SegmentIdentity): Uint8Array {
  let place = places.get(identity);
  if (place === undefined) {
    const { storeId, first } = identity;
    place = new Uint8Array(storeId.byteLength + 8);
    place.set(storeId);
    new DataView(place.buffer).setBigUint64(storeId.byteLength, BigInt(first), true);
    places.set(identity, place);
  }
  return place;
}

const headChecksum = (head: Uint8Array, identity: SegmentIdentity): number =>
  crc32(placeOf(identity), crc32(head.subarray(0, 28)));

/** A frame as read back; `body` begins at a multiple of 8. */
export interface ReadFrame {
  readonly kind: number;
  readonly sequence: number;
  /** How many sequences right before it might not have been durable when it was written. */
  readonly unproven: number;
  readonly body: Uint8Array;
  /** Its first byte; of what was read. */
  readonly begin: number;
  /** Where the next frame begins. */
  readonly end: number;
}

/** The frame at `offset`, or undefined when the bytes there are not a whole, sound frame of this segment. */
export function decodeFrame(
  segment: Uint8Array,
  offset: number,
  identity: SegmentIdentity,
): ReadFrame | undefined {
  if (offset + HEAD_BYTES > segment.byteLength) return undefined;
  const view = new DataView(segment.buffer, segment.byteOffset + offset, HEAD_BYTES);
  if (view.getUint32(0, true) !== FRAME_MAGIC) return undefined;
  const head = segment.subarray(offset, offset + HEAD_BYTES);
  if (view.getUint32(28, true) !== headChecksum(head, identity)) return undefined;
  const end = offset + HEAD_BYTES + view.getUint32(16, true);
  if (end > segment.byteLength) return undefined;
  const body = segment.subarray(offset + HEAD_BYTES, end);
  if (crc32(body) !== view.getUint32(20, true)) return undefined;
  return {
    kind: view.getUint8(4),
    sequence: Number(view.getBigUint64(8, true)),
    unproven: view.getUint32(24, true),
    body,
    begin: offset,
    end,
  };
}
