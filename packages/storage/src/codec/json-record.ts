import type { JournalRecord } from '../journal/frame.ts';
import { checkLevels, MAX_BYTES, tooDeep, tooMuch } from './catalog-limits.ts';

const decoder = new TextDecoder();

/** A record whose body is JSON. @throws `commit_failed` for more than the catalog takes */
export function encodeJson(kind: number, value: unknown): JournalRecord {
  return { kind, body: [jsonBytes(value)] };
}

/** JSON, padded with spaces, which JSON ignores, so that no byte is unread. @throws `commit_failed` */
export const jsonBytes = (value: unknown): Uint8Array => textBytes(() => JSON.stringify(value));

/** Bytes of the length that may stand before a text. */
export const LENGTH_BYTES = 8;

/** The same for JSON that `write` puts together; with `withLength`, behind its length. @throws `commit_failed` */
export function textBytes(write: () => string, { withLength = false } = {}): Uint8Array {
  const text = written(write);
  checkLevels(text);
  const length = Buffer.byteLength(text);
  if (length > MAX_BYTES) throw tooMuch(`What was to be written has ${length} bytes`);
  // Of memory that is shared by many small buffers: heads of commits are written at once and then forgotten.
  const size = Math.ceil(length / 8) * 8;
  const begin = withLength ? LENGTH_BYTES : 0;
  const bytes = Buffer.allocUnsafe(begin + size);
  if (withLength) bytes.fill(0, 4, LENGTH_BYTES).writeUInt32LE(size, 0);
  bytes.write(text, begin);
  for (let k = begin + length; k < bytes.length; k++) bytes[k] = SPACE;
  return bytes;
}
const SPACE = 32;

function written(write: () => string): string {
  try {
    return write();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    if (cause.message.includes('call stack')) throw tooDeep(cause);
    throw tooMuch('What was to be written is more than a string holds', cause);
  }
}

export const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));
