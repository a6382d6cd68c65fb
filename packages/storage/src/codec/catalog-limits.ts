import { ArchetypeError } from '@archetype/core';
import { constants } from 'node:buffer';

/**
 * What the catalog takes is refused before it is acknowledged where it could not be moved into it. SQLite holds a billion
 * bytes in a row, and something stands beside what is counted here.
 */
export const MAX_BYTES = 990_000_000;

/** Whoever moves JSON into the catalog writes it again, with more on the stack than whoever appends it. */
const MAX_LEVELS = 1_000;

export const tooMuch = (what: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `${what}, and at most ${MAX_BYTES} bytes, in ${constants.MAX_STRING_LENGTH} characters, are kept of one record; nothing of it is stored; split it over several commands, resources or ticks.`,
    { cause },
  );

export const tooDeep = (cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `What was to be written has more than ${MAX_LEVELS} levels of lists and objects in each other; nothing of it is stored; keep it flatter.`,
    { cause },
  );

/** @throws `commit_failed` for JSON of too many levels */
export function checkLevels(json: string): void {
  if (json.length > 2 * MAX_LEVELS && levelsOf(json) > MAX_LEVELS) throw tooDeep();
}

/** How deeply lists and objects lie in each other. */
function levelsOf(json: string): number {
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
