import { ArchetypeError } from '@archetype/core';
import { constants } from 'node:buffer';
import type { JournalRecord } from '../journal/frame.ts';

const decoder = new TextDecoder();

/** A record whose body is JSON, padded with spaces, which JSON ignores, so that no byte is unread. @throws `commit_failed` */
export function encodeJson(kind: number, value: unknown): JournalRecord {
  return { kind, body: [jsonBytes(value)] };
}

/** Whoever moves it into the catalog writes it again, with more on the stack than whoever appends it. */
const MAX_DEPTH = 1_000;
/** What the catalog takes of a record: SQLite holds a billion bytes in a row, and something stands beside it. */
export const MAX_BYTES = 990_000_000;

export function jsonBytes(value: unknown): Uint8Array {
  const text = textOf(value);
  const length = Buffer.byteLength(text);
  if (length > MAX_BYTES) throw tooMuch(`it has ${length} bytes`);
  // Of memory that is shared by many small buffers: heads of commits are written at once and then forgotten.
  const bytes = Buffer.allocUnsafe(Math.ceil(length / 8) * 8);
  bytes.write(text);
  return bytes.fill(32, length);
}

/** @throws `commit_failed` when no string holds it */
function textOf(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw tooMuch(cause.message, cause);
  }
  if (text.length > 2 * MAX_DEPTH && depthOf(text) > MAX_DEPTH)
    throw tooMuch(`it has more than ${MAX_DEPTH} levels`);
  return text;
}

/** How deeply lists and objects lie in each other. */
function depthOf(json: string): number {
  let [depth, most, inText] = [0, 0, false];
  for (let k = 0; k < json.length; k++) {
    const code = json.charCodeAt(k);
    if (inText) {
      if (code === BACKSLASH) k++;
      else if (code === QUOTE) inText = false;
    } else if (code === QUOTE) inText = true;
    else if (code === LIST || code === OBJECT) most = Math.max(most, ++depth);
    else if (code === LIST_END || code === OBJECT_END) depth--;
  }
  return most;
}
const [QUOTE, BACKSLASH, LIST, LIST_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

const tooMuch = (why: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `What was to be written is nested too deeply for JSON, or is more of it than ${MAX_BYTES} bytes or ${constants.MAX_STRING_LENGTH} characters (${why}); nothing of it is stored; split it over several commands, resources or ticks.`,
    { cause },
  );

export const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));
