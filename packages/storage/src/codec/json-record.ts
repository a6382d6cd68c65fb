import type { JournalRecord } from '../journal/frame.ts';
import { checkLevels, MAX_BYTES, tooDeep, tooMuch } from './catalog-limits.ts';

const decoder = new TextDecoder();

/** A record whose body is JSON. @throws `commit_failed` for more than the catalog takes */
export function encodeJson(kind: number, value: unknown): JournalRecord {
  return { kind, body: [jsonBytes(value)] };
}

/** JSON, padded with spaces, which JSON ignores, so that no byte is unread. @throws `commit_failed` */
export function jsonBytes(value: unknown): Uint8Array {
  const text = textOf(value);
  const length = Buffer.byteLength(text);
  if (length > MAX_BYTES) throw tooMuch(`What was to be written has ${length} bytes`);
  // Of memory that is shared by many small buffers: heads of commits are written at once and then forgotten.
  const bytes = Buffer.allocUnsafe(Math.ceil(length / 8) * 8);
  bytes.write(text);
  return bytes.fill(32, length);
}

function textOf(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    if (cause.message.includes('call stack')) throw tooDeep(cause);
    throw tooMuch('What was to be written is more than a string holds', cause);
  }
  checkLevels(text);
  return text;
}

export const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));
