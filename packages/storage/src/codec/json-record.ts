import type { JournalRecord } from '../journal/frame.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A record whose body is JSON, padded with spaces, which JSON ignores, so that no byte is unread. */
export function encodeJson(kind: number, value: unknown): JournalRecord {
  return { kind, body: [jsonBytes(value)] };
}

export function jsonBytes(value: unknown): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(value));
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(32);
  padded.set(bytes);
  return padded;
}

export const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));
