import {
  bytesOf,
  constant,
  Frame,
  fromBuffers,
  type Column,
  type Schema,
  type TypedArray,
} from '@archetype/core';

/** A frame as it crosses between threads: its columns' Arrow buffers one after the other, in memory that is moved. */
export interface WireFrame {
  readonly schema: Schema;
  readonly rows: number;
  readonly columns: readonly WireColumn[];
  readonly memory: ArrayBuffer;
}
/** The cell that every row holds, or where the column's buffers begin in the memory and how long they are. */
type WireColumn =
  | { readonly cell: unknown }
  | { readonly buffers: readonly (readonly [at: number, bytes: number])[] };

/** Copied once: the memory goes to the other thread without another copy, and the frame keeps its own. */
export function packFrame(frame: Frame, moved: ArrayBuffer[]): WireFrame {
  const buffers: TypedArray[] = [];
  let size = 0;
  const columns = frame.columns.map((column): WireColumn => {
    if (column.constant !== undefined) return { cell: column.constant };
    const own = column.buffers();
    const places = own.map((buffer): [number, number] => {
      const at = size;
      buffers.push(buffer);
      // Columns of 8-byte cells are views of it, so each buffer begins at a multiple of 8.
      size += Math.ceil(buffer.byteLength / 8) * 8;
      return [at, buffer.byteLength];
    });
    return { buffers: places };
  });
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const buffer of buffers) {
    bytes.set(bytesOf(buffer), at);
    at += Math.ceil(buffer.byteLength / 8) * 8;
  }
  const memory = bytes.buffer;
  moved.push(memory);
  return { schema: frame.schema, rows: frame.numRows, columns, memory };
}

/** The inverse of `packFrame`: columns are views of the memory. `schema` where it is known already. */
export function unpackFrame(
  { schema: own, rows, columns, memory }: WireFrame,
  schema: Schema = own,
): Frame {
  const unpacked = columns.map((column, k): Column => {
    const { type } = schema[k]!;
    if ('cell' in column) return constant(type, rows, column.cell);
    let next = 0;
    return fromBuffers(type, rows, {
      next: () => new Uint8Array(memory, ...column.buffers[next++]!),
    });
  });
  return new Frame(schema, unpacked, rows);
}
