import { columnOf, fromValues } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import type { ArrayConstructor } from '../column/fixed.ts';
import type { ListData, TypedArray } from '../column/layout.ts';
import { Text } from '../column/text.ts';
import { required, type ColumnType, type Kind } from '../schema/column-type.ts';
import { unwritten } from './unwritten.ts';

/** Cells as a loop reads or writes them. */
export interface Cells {
  readonly length: number;
  [row: number]: unknown;
}

/** What a program reads and writes, in the order of its inputs and outputs. */
export interface Buffers {
  readonly inputs: readonly Cells[];
  /** Validity per input, where it has nulls. */
  readonly present: readonly (Uint8Array | undefined)[];
  readonly outputs: readonly Cells[];
  readonly valid: readonly (Uint8Array | undefined)[];
}

/** What holds the results of one type; what is not a number goes into a plain array until it becomes a column. */
const arrays: { readonly [K in Kind]?: ArrayConstructor<TypedArray> } = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  bool: Uint8Array,
  timestamp: Float64Array,
  enum: Int32Array,
};

/** Below this, clearing costs nothing. */
const SMALL_BYTES = 1_024;

/**
 * Memory for a result of one type. Clearing it takes as long as writing it, so it is cleared only where some cells may stay
 * unwritten: those of nulls.
 */
export function allocate(type: ColumnType, length: number, nulls: boolean): Cells {
  const CellsOf = arrays[type.kind];
  if (CellsOf === undefined) return Array.from({ length });
  const bytes = length * CellsOf.BYTES_PER_ELEMENT;
  return nulls || bytes < SMALL_BYTES
    ? new CellsOf(length)
    : new CellsOf(unwritten(bytes), 0, length);
}

/** What an array of cells holds where there is none; typed arrays hold zero by themselves. */
const blanks: { readonly [K in Kind]?: unknown } = {
  utf8: '',
  json: 'null',
  list: [],
  vector: undefined,
  struct: undefined,
};
export const blankOf = (type: ColumnType): unknown => blanks[type.kind];
export const isBoxed = (type: ColumnType): boolean => arrays[type.kind] === undefined;

/** The physical cells of a column: its memory where that has one place per row, else an array made for it. */
export function cellsOf(column: Column): Cells {
  const { data, type, length } = column;
  if (data instanceof Text) return data.strings;
  switch (type.kind) {
    case 'vector': {
      const size = type.size!;
      const floats = data as Float32Array;
      return Array.from({ length }, (_, row) => floats.subarray(row * size, (row + 1) * size));
    }
    case 'list':
      return listCells(data as ListData, length);
    case 'struct': {
      const present = columnOf(required(type), length, data);
      return Array.from({ length }, (_, row) => present.get(row));
    }
    default:
      return data as unknown as Cells;
  }
}

/** One array of physical items per row, null for items that are null. */
function listCells({ offsets, child }: ListData, length: number): Cells {
  const cells = cellsOf(child) as unknown as unknown[];
  const { validity } = child;
  const items =
    validity === undefined
      ? cells
      : Array.from(cells, (cell, k) => (validity[k] === 0 ? null : cell));
  return Array.from({ length }, (_, row) => items.slice(offsets[row], offsets[row + 1]));
}

/** The finished column; validity that marks no null is dropped, so that equal columns look equal. */
export function toColumn(type: ColumnType, cells: Cells, validity: Uint8Array | undefined): Column {
  const nulls = validity?.includes(0) === true ? validity : undefined;
  switch (type.kind) {
    case 'utf8':
    case 'json':
      return columnOf(type, cells.length, Text.fromStrings(cells as unknown as string[]), nulls);
    case 'list': {
      const rows = cells as unknown as ArrayLike<unknown>[];
      const offsets = new Int32Array(rows.length + 1);
      rows.forEach((items, row) => (offsets[row + 1] = offsets[row]! + items.length));
      const items = rows.flatMap((row) => Array.from(row));
      return columnOf(
        type,
        cells.length,
        { offsets, child: boxedColumn(type.item!, items) },
        nulls,
      );
    }
    case 'vector': {
      const size = type.size!;
      const floats = new Float32Array(cells.length * size);
      for (let row = 0; row < cells.length; row++) {
        if (cells[row] !== undefined) floats.set(cells[row] as Float32Array, row * size);
      }
      return columnOf(type, cells.length, floats, nulls);
    }
    case 'struct':
      return fromValues(
        type,
        Array.from(cells, (cell, row) => (validity?.[row] === 0 ? null : cell)),
      );
    default:
      return columnOf(type, cells.length, cells as never, nulls);
  }
}

/** A column of physical cells in a plain array, null for null. */
function boxedColumn(type: ColumnType, given: readonly unknown[]): Column {
  const cells = allocate(type, given.length, true);
  const validity = given.includes(null) ? new Uint8Array(given.length).fill(1) : undefined;
  given.forEach((cell, k) => {
    if (cell === null) {
      validity![k] = 0;
      if (isBoxed(type)) cells[k] = blankOf(type);
    } else cells[k] = cell;
  });
  return toColumn(type, cells, validity);
}
