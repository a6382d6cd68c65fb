import type { JournalRecord } from '../journal/frame.ts';

const decoder = new TextDecoder();

/** A record whose body is JSON, padded with spaces, which JSON ignores, so that no byte is unread. */
export function encodeJson(kind: number, value: unknown): JournalRecord {
  return { kind, body: [jsonBytes(value)] };
}

export function jsonBytes(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  const length = Buffer.byteLength(text);
  // Of memory that is shared by many small buffers: heads of commits are written at once and then forgotten.
  const bytes = Buffer.allocUnsafe(Math.ceil(length / 8) * 8);
  bytes.write(text);
  return bytes.fill(32, length);
}

export const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));
