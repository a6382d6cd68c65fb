import { ArchetypeError } from '../errors.ts';
import { printType, sameType, types, type ColumnType, type Kind } from '../schema/column-type.ts';
import { unpackBits } from './bits.ts';
import * as cell from './cell.ts';
import { Column, type Pending } from './column.ts';
import { bits, fixed } from './fixed.ts';
import type { BufferSource, Data, Layout } from './layout.ts';
import { list, struct } from './nested.ts';
import { text } from './varying.ts';

/** The one table of what depends on a column's kind. Arrow's names for the same kinds are in `arrow.ts`. */
const layouts = {
  f64: fixed(Float64Array, cell.float),
  f32: fixed(Float32Array, cell.float),
  i32: fixed(Int32Array, cell.integer),
  u32: fixed(Uint32Array, cell.integer),
  i64: fixed(BigInt64Array, cell.long),
  bool: bits(cell.boolean),
  timestamp: fixed(Float64Array, cell.date),
  enum: fixed(Int32Array, cell.member),
  vector: fixed(Float32Array, cell.vector, (type) => type.size!),
  utf8: text(cell.text.print, cell.text.parse),
  json: text(cell.json.print, cell.json.parse),
  list: list({ fromValues, concat, fromBuffers, zero }),
  struct: struct({ fromValues, concat, fromBuffers, zero }),
} as { readonly [K in Kind]: Layout };

/** What a cell holds below a null one. */
const zeros: { readonly [K in Kind]: (type: ColumnType) => unknown } = {
  f64: () => 0,
  f32: () => 0,
  i32: () => 0,
  u32: () => 0,
  i64: () => 0n,
  bool: () => false,
  timestamp: () => new Date(0),
  enum: (type) => type.values![0],
  vector: (type) => new Float32Array(type.size!),
  utf8: () => '',
  json: () => null,
  list: () => [],
  struct: (type) => Object.fromEntries(type.fields!.map((field) => [field.name, zero(field.type)])),
};

function zero(type: ColumnType): unknown {
  return type.nullable ? null : zeros[type.kind](type);
}

export function columnOf(
  type: ColumnType,
  length: number,
  data: Data,
  validity?: Uint8Array,
): Column {
  return new Column(layouts[type.kind], type, length, data, validity);
}

/** `cell` in every row; it must not be null. */
export function constant(type: ColumnType, length: number, value: unknown): Column {
  return new Column(layouts[type.kind], type, length, undefined, undefined, value);
}

/** A column that is computed when someone first reads it. */
export function deferred(type: ColumnType, length: number, pending: Pending): Column {
  return new Column(layouts[type.kind], type, length, undefined, undefined, undefined, pending);
}

/** `null` and `undefined` are null cells; in a column that is not nullable they are `invalid_value`. */
export function fromValues(type: ColumnType, cells: readonly unknown[]): Column {
  let validity: Uint8Array | undefined;
  const present = cells.map((value, i) => {
    if (value !== null && value !== undefined) return value;
    if (value === null && type.kind === 'json' && !type.nullable) return value;
    if (!type.nullable) {
      throw new ArchetypeError(
        'invalid_value',
        `Row ${i} has no value, and a column of type ${printType(type)} needs one in every row; give a value or make the field nullable.`,
      );
    }
    validity ??= new Uint8Array(cells.length).fill(1);
    validity[i] = 0;
    return undefined;
  });
  return columnOf(type, cells.length, layouts[type.kind].fromValues(type, present), validity);
}

/** The rows of all parts, one after the other; each part must be of `type`. */
export function concat(type: ColumnType, parts: readonly Column[]): Column {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length === 1 && sameType(filled[0]!.type, type)) return filled[0]!;
  const length = filled.reduce((n, part) => n + part.length, 0);
  const first = filled[0]?.constant;
  if (first !== undefined && filled.every((part) => Object.is(part.constant, first))) {
    return constant(type, length, first);
  }
  const data = layouts[type.kind].concat(
    filled.map((part) => part.data),
    type,
  );
  if (filled.every((part) => part.validity === undefined)) return columnOf(type, length, data);
  const validity = new Uint8Array(length);
  let at = 0;
  for (const part of filled) {
    if (part.validity === undefined) validity.fill(1, at, at + part.length);
    else validity.set(part.validity, at);
    at += part.length;
  }
  return columnOf(type, length, data, validity);
}

/**
 * Rows of two columns of `type`, run by run: each pair of `runs` is where a run begins, `row` in `first` or `~row` in
 * `second`, and how many rows it has. `length` is their sum. One pass, and long runs cost what copying costs.
 */
export function splice(
  type: ColumnType,
  first: Column,
  second: Column,
  runs: Int32Array,
  length: number,
): Column {
  if (first.constant !== undefined && Object.is(first.constant, second.constant))
    return constant(type, length, first.constant);
  const layout = layouts[type.kind];
  if (layout.splice === undefined)
    return concat(type, [first, second]).take(rowsOfRuns(runs, first.length, length));
  const data = layout.splice(first.data, second.data, runs, length, type);
  if (first.validity === undefined && second.validity === undefined)
    return columnOf(type, length, data);
  const validity = layouts.bool.splice!(
    first.validity ?? new Uint8Array(first.length).fill(1),
    second.validity ?? new Uint8Array(second.length).fill(1),
    runs,
    length,
    types.bool,
  ) as Uint8Array;
  return columnOf(type, length, data, validity.includes(0) ? validity : undefined);
}

/** The rows of runs, those of the second column counted on from the end of the first. */
function rowsOfRuns(runs: Int32Array, first: number, length: number): Int32Array {
  const rows = new Int32Array(length);
  for (let k = 0, at = 0; k < runs.length; k += 2) {
    const start = runs[k]! >= 0 ? runs[k]! : first + ~runs[k]!;
    for (let i = 0; i < runs[k + 1]!; i++) rows[at++] = start + i;
  }
  return rows;
}

/** The column with other cells in some rows: `cells` has one for each of `rows`, which differ. */
export function scatter(type: ColumnType, column: Column, rows: Int32Array, cells: Column): Column {
  const layout = layouts[type.kind];
  if (layout.scatter === undefined) {
    const order = Int32Array.from({ length: column.length }, (_, row) => row);
    rows.forEach((row, k) => {
      order[row] = column.length + k;
    });
    return concat(type, [column, cells]).take(order);
  }
  const data = layout.scatter(column.data, rows, cells.data, type);
  if (column.validity === undefined && cells.validity === undefined)
    return columnOf(type, column.length, data);
  const validity = column.validity?.slice() ?? new Uint8Array(column.length).fill(1);
  rows.forEach((row, k) => {
    validity[row] = cells.validity?.[k] ?? 1;
  });
  return columnOf(type, column.length, data, validity.includes(0) ? validity : undefined);
}

/** `length` null cells; the type must allow them. */
export function nulls(type: ColumnType, length: number): Column {
  const layout = layouts[type.kind];
  const data = layout.take(layout.fromValues(type, [undefined]), new Int32Array(length), type);
  return columnOf(type, length, data, length === 0 ? undefined : new Uint8Array(length));
}

/** The inverse of `Column.buffers`: views, no copies, where alignment allows. */
export function fromBuffers(type: ColumnType, length: number, source: BufferSource): Column {
  const validityBits = source.next();
  const validity = validityBits.length === 0 ? undefined : unpackBits(validityBits, length);
  return columnOf(type, length, layouts[type.kind].fromBuffers(source, length, type), validity);
}
