import type { ColumnType } from '../schema/column-type.ts';
import type { Column } from './column.ts';
import type { Text } from './text.ts';

export type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | Uint8Array;

/** Offsets into a child column: row `i` is `child[offsets[i] .. offsets[i + 1]]`. */
export interface ListData {
  readonly offsets: Int32Array;
  readonly child: Column;
}
export interface StructData {
  readonly children: readonly Column[];
}

/** The memory behind a column. Which one a type has is said in the table of kinds. */
export type Data = TypedArray | Text | ListData | StructData;

/** Takes buffers one after the other, in the order `buffers` gave them. */
export interface BufferSource {
  next(): Uint8Array;
}

/**
 * How columns of one memory shape are made, read, cut and written. Cells are plain JavaScript values; a null cell is
 * handed in as `undefined` and holds a zero, an empty text or an empty list.
 */
export interface Layout<D extends Data = Data> {
  fromValues(type: ColumnType, cells: readonly unknown[]): D;
  /** `length` rows that hold the same cell. */
  repeat(cell: unknown, length: number, type: ColumnType): D;
  get(data: D, row: number, type: ColumnType): unknown;
  take(data: D, rows: Int32Array, type: ColumnType): D;
  slice(data: D, from: number, to: number, type: ColumnType): D;
  concat(parts: readonly D[], type: ColumnType): D;
  /** Runs of rows of both, one after the other; as `splice` in columns.ts. Layouts without it are joined and taken. */
  splice?(first: D, second: D, runs: Int32Array, length: number, type: ColumnType): D;
  /** A copy in which `rows[k]` holds the cell of row `k` of `cells`; as `scatter` in columns.ts. */
  scatter?(data: D, rows: Int32Array, cells: D, type: ColumnType): D;
  equal(a: D, b: D, length: number, type: ColumnType): boolean;
  /** Arrow buffers without validity, children after their parent; `bytesOf` gives their bytes. */
  buffers(data: D, length: number, type: ColumnType): readonly TypedArray[];
  fromBuffers(source: BufferSource, length: number, type: ColumnType): D;
}
