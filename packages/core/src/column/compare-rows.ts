import type { Column } from './column.ts';
import { Text } from './text.ts';
import { ArchetypeError } from '../errors.ts';
import { printType } from '../schema/column-type.ts';

/** Negative when row `a` comes before row `b`, positive when after, 0 when they are equal. */
export type CompareRows = (a: number, b: number) => number;

/**
 * The order of a column's cells: numbers ascend with NaN last, as in SQL; enums are in the order of their definition; text
 * is in the order of its code points. Nulls come last, whichever way the rest goes.
 */
export function compareRows(column: Column, name: string, descending: boolean): CompareRows {
  const cells = cellOrder(column, name);
  const order: CompareRows = descending ? (a, b) => cells(b, a) : cells;
  const { validity } = column;
  if (validity === undefined) return order;
  return (a, b) => {
    const [x, y] = [validity[a]!, validity[b]!];
    return x === 0 || y === 0 ? y - x : order(a, b);
  };
}

function cellOrder(column: Column, name: string): CompareRows {
  const { data, type } = column;
  if (type.kind === 'utf8' && data instanceof Text) {
    const { strings } = data;
    return (a, b) => compareText(strings[a]!, strings[b]!);
  }
  if (['list', 'struct', 'json', 'vector'].includes(type.kind)) {
    throw new ArchetypeError(
      'type_mismatch',
      `Column ${name} holds ${printType(type)}, which has no order; name a column of numbers, text, enums, booleans or timestamps.`,
    );
  }
  const numbers = data as Float64Array;
  return (a, b) => {
    const [x, y] = [numbers[a]!, numbers[b]!];
    if (x < y) return -1;
    if (x > y) return 1;
    return x === y ? 0 : Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  };
}

/** By code points, which is also the order of UTF-8 bytes; JavaScript's own order differs beyond U+FFFF. */
function compareText(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Surrogates stand for code points above all that fit in one unit.
    const [p, q] = [x >= 0xd800 && x < 0xe000, y >= 0xd800 && y < 0xe000];
    return p === q ? x - y : p ? 1 : -1;
  }
  return a.length - b.length;
}
