import type { Column } from './column.ts';
import { Text } from './text.ts';
import type { ColumnType } from '../schema/column-type.ts';

/** Rows sorted into groups of equal keys; groups are numbered in the order of their first rows. */
export interface Groups {
  /** The group of each row. */
  readonly codes: Int32Array;
  /** The first row of each group, ascending. */
  readonly first: Int32Array;
}

/** Equal as in SQL's grouping: nulls are one group, NaNs are one group, and 0 is -0. */
export function factorise(columns: readonly Column[], numRows: number): Groups {
  if (columns.length === 0) {
    return { codes: new Int32Array(numRows), first: new Int32Array(Math.min(numRows, 1)) };
  }
  return columns.map(factoriseOne).reduce((a, b) => combine(a, b));
}

function factoriseOne(column: Column): Groups {
  const n = column.length;
  if (column.constant !== undefined) return factorise([], n);
  const small = smallCodes(column);
  if (small !== undefined) return small;
  const key = keyOf(column);
  const { validity } = column;
  const groups = new Map<unknown, number>();
  return numbered(n, (row) => {
    const cell = validity?.[row] === 0 ? NULL : key(row);
    let group = groups.get(cell);
    if (group === undefined) groups.set(cell, (group = groups.size));
    return group;
  });
}

const NULL = Symbol('null');
const MAX_SPAN = 1 << 20;

/** Whole numbers that lie close together need no hashing: their distance from the least is their place in a table. */
function smallCodes(column: Column): Groups | undefined {
  const { kind } = column.type;
  if ((kind !== 'i32' && kind !== 'enum' && kind !== 'bool') || column.validity !== undefined) {
    return undefined;
  }
  const cells = column.data as Int32Array;
  const n = column.length;
  let low = Infinity;
  let high = -Infinity;
  for (let row = 0; row < n; row++) {
    const cell = cells[row]!;
    if (cell < low) low = cell;
    if (cell > high) high = cell;
  }
  if (n === 0 || high - low >= Math.min(MAX_SPAN, 4 * n + 1024)) return undefined;
  const place = new Int32Array(high - low + 1).fill(-1);
  let groups = 0;
  return numbered(n, (row) => {
    const at = cells[row]! - low;
    if (place[at]! < 0) place[at] = groups++;
    return place[at]!;
  });
}

function keyOf(column: Column): (row: number) => unknown {
  const { data, type } = column;
  if (data instanceof Text) {
    const { strings } = data;
    return (row) => strings[row];
  }
  if (isNested(type)) return (row) => nestedKey(column.get(row));
  const cells = data as Float64Array;
  // SQL has one zero and JavaScript two; adding 0 to -0 gives 0.
  return type.kind === 'f64' || type.kind === 'f32'
    ? (row) => cells[row]! + 0
    : (row) => cells[row];
}

const isNested = (type: ColumnType): boolean =>
  type.kind === 'list' || type.kind === 'struct' || type.kind === 'vector';

function nestedKey(cell: unknown): string {
  return JSON.stringify(cell, (_key, value: unknown) => {
    if (value instanceof Float32Array) return Array.from(value, String);
    return typeof value === 'bigint' || typeof value === 'number' ? String(value) : value;
  });
}

function combine(a: Groups, b: Groups): Groups {
  const width = b.first.length;
  const groups = new Map<number, number>();
  return numbered(a.codes.length, (row) => {
    const pair = a.codes[row]! * width + b.codes[row]!;
    let group = groups.get(pair);
    if (group === undefined) groups.set(pair, (group = groups.size));
    return group;
  });
}

/** `groupOf` numbers groups in the order in which it first meets them. */
function numbered(numRows: number, groupOf: (row: number) => number): Groups {
  const codes = new Int32Array(numRows);
  const first: number[] = [];
  for (let row = 0; row < numRows; row++) {
    const group = groupOf(row);
    codes[row] = group;
    if (group === first.length) first.push(row);
  }
  return { codes, first: Int32Array.from(first) };
}
