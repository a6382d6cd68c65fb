import { ArchetypeError } from '../errors.ts';
import type { Json } from '../json.ts';

/** Levels of lists and objects: what is nested deeper is a mistake more often than data, and readers have limits too. */
export const MAX_JSON_DEPTH = 100;

/** A value as JSON text. @throws `invalid_value`, said of `what`, for what JSON cannot hold */
export function jsonText(given: unknown, what: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(given);
  } catch (cause) {
    if (overflowed(cause)) throw tooDeep(what, cause);
    // A bigint, something inside itself, or a toJSON of its own that fails.
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw unwritable(what, `could not be written as JSON (${why!})`, cause);
  }
  if (text !== undefined) return text;
  throw unwritable(what, given === undefined ? 'was undefined' : `was of type ${typeof given}`);
}

/** What JSON makes of a value, deeply frozen: nobody changes it any more. @throws `invalid_value`, said of `what` */
export function jsonCopy(given: unknown, what: string): Json {
  if (typeof given === 'string' || typeof given === 'boolean') return given;
  return frozen(JSON.parse(jsonText(given, what)) as Json, what, 0);
}

function frozen(value: Json, what: string, depth: number): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_JSON_DEPTH) throw tooDeep(what);
  for (const inner of Object.values(value)) frozen(inner, what, depth + 1);
  return Object.freeze(value);
}

/** Whether the stack was full; engines have names of their own for it. */
export const overflowed = (error: unknown): boolean =>
  error instanceof Error && /call stack|too much recursion/.test(error.message);

export const tooDeep = (what: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'invalid_value',
    `${what} is nested deeper than ${MAX_JSON_DEPTH} levels; keep it flatter, for example as a list whose items name their parents.`,
    { cause },
  );

const unwritable = (what: string, problem: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'invalid_value',
    `${what} ${problem}; give what JSON can hold: null, booleans, numbers, text, lists and plain objects of those.`,
    { cause },
  );
