import type { Column } from './column.ts';
import { isNumber } from '../schema/column-type.ts';

/** Below this many rows a comparison sort is as fast. */
const MIN_ROWS = 2048;
const BITS = 11;
const BUCKETS = 1 << BITS;

/**
 * The rows of a column of numbers in ascending (or descending) order, equal ones in theirs: a least-significant-digit
 * radix sort over the bits of the number as a double, brought into an order in which unsigned integers compare. Undefined
 * where it does not apply: other types, nulls, few rows. Knuth, "The Art of Computer Programming" 3, section 5.2.5.
 */
export function radixOrder(column: Column, descending: boolean): Int32Array | undefined {
  const n = column.length;
  if (n < MIN_ROWS || column.validity !== undefined) return undefined;
  if (!isNumber(column.type) && column.type.kind !== 'timestamp') return undefined;
  const cells = column.data as Float64Array;
  const keys = new Float64Array(n);
  // Adding 0 makes -0 the one zero; one NaN stands for all of them.
  for (let row = 0; row < n; row++) keys[row] = cells[row]! + 0;
  const words = new Uint32Array(keys.buffer);
  orderPreservingBits(words, descending);
  let rows = new Int32Array(n);
  for (let row = 0; row < n; row++) rows[row] = row;
  let other = new Int32Array(n);
  for (const word of [0, 1]) {
    for (let shift = 0; shift < 32; shift += BITS) {
      if (pass(words, word, shift, rows, other)) [rows, other] = [other, rows];
    }
  }
  return rows;
}

/** Little-endian words of doubles: the sign is in the second. Typed arrays are little-endian on every platform of today. */
function orderPreservingBits(words: Uint32Array, descending: boolean): void {
  const flip = descending ? 0xffffffff : 0;
  for (let k = 0; k < words.length; k += 2) {
    const high = words[k + 1]!;
    const isNaNKey =
      (high & 0x7fffffff) > 0x7ff00000 || ((high & 0x7fffffff) === 0x7ff00000 && words[k]! > 0);
    const mask = high >>> 31 === 1 && !isNaNKey ? 0xffffffff : 0;
    words[k] = (isNaNKey ? 0xffffffff : words[k]! ^ mask) ^ flip;
    words[k + 1] = (isNaNKey ? 0xffffffff : high ^ (mask | 0x80000000)) ^ flip;
  }
}

/** One stable pass over a digit; false when all rows have the same digit and nothing moves. */
function pass(
  words: Uint32Array,
  word: number,
  shift: number,
  rows: Int32Array,
  out: Int32Array,
): boolean {
  const counts = new Int32Array(BUCKETS);
  const n = rows.length;
  for (let k = 0; k < n; k++) counts[(words[2 * k + word]! >>> shift) & (BUCKETS - 1)]!++;
  if (counts[(words[word]! >>> shift) & (BUCKETS - 1)] === n) return false;
  for (let bucket = 0, at = 0; bucket < BUCKETS; bucket++) {
    const count = counts[bucket]!;
    counts[bucket] = at;
    at += count;
  }
  for (let k = 0; k < n; k++) {
    const row = rows[k]!;
    out[counts[(words[2 * row + word]! >>> shift) & (BUCKETS - 1)]!++] = row;
  }
  return true;
}
