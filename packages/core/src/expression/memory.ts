import { columnOf } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { Text } from '../column/text.ts';
import { ArchetypeError } from '../errors.ts';
import { printType, type ColumnType, type Kind } from '../schema/column-type.ts';

/** Cells as a loop reads or writes them. */
export interface Cells {
  readonly length: number;
  [row: number]: unknown;
}

/** Memory for the results of one type; text goes into a plain array until it becomes a column. */
const arrays: { readonly [K in Kind]?: (length: number) => Cells } = {
  f64: (n) => new Float64Array(n),
  f32: (n) => new Float32Array(n),
  i32: (n) => new Int32Array(n),
  u32: (n) => new Uint32Array(n),
  i64: (n) => new BigInt64Array(n),
  bool: (n) => new Uint8Array(n),
  timestamp: (n) => new Float64Array(n),
  enum: (n) => new Int32Array(n),
  utf8: (n) => Array.from({ length: n }),
};

export function allocate(type: ColumnType, length: number): Cells {
  const make = arrays[type.kind];
  if (make === undefined) {
    throw new ArchetypeError(
      'type_mismatch',
      `Expressions cannot compute a column of type ${printType(type)}; use it as it is, or compute it with mapRows or kernel.`,
    );
  }
  return make(length);
}

export function cellsOf(column: Column): Cells {
  const { data } = column;
  return data instanceof Text ? data.strings : (data as unknown as Cells);
}

/** The finished column; validity that marks no null is dropped, so that equal columns look equal. */
export function toColumn(type: ColumnType, cells: Cells, validity: Uint8Array | undefined): Column {
  const data = type.kind === 'utf8' ? Text.fromStrings(cells as unknown as string[]) : cells;
  return columnOf(type, cells.length, data as never, validity?.includes(0) ? validity : undefined);
}

const WHOLE: { readonly [K in Kind]?: readonly [low: number, high: number] } = {
  i32: [-0x80000000, 0x7fffffff],
  u32: [0, 0xffffffff],
};

/** Called where a computed cell cannot be kept in its column. */
export function refuse(type: ColumnType, cell: unknown, row: number): never {
  const range = WHOLE[type.kind];
  const need =
    range !== undefined
      ? `a whole number from ${range[0]} to ${range[1]}`
      : type.kind === 'enum'
        ? `one of ${type.values!.join(', ')}`
        : 'a whole number of 64 bits';
  throw new ArchetypeError(
    'value_out_of_range',
    `An expression gave ${String(cell)} in row ${row}, and a column of type ${printType(type)} needs ${need}; clamp, round or cast it first.`,
  );
}
