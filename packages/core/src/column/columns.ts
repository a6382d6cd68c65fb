import { ArchetypeError } from '../errors.ts';
import { printType, sameType, type ColumnType, type Kind } from '../schema/column-type.ts';
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

/** The inverse of `Column.buffers`: views, no copies, where alignment allows. */
export function fromBuffers(type: ColumnType, length: number, source: BufferSource): Column {
  const validityBits = source.next();
  const validity = validityBits.length === 0 ? undefined : unpackBits(validityBits, length);
  return columnOf(type, length, layouts[type.kind].fromBuffers(source, length, type), validity);
}
