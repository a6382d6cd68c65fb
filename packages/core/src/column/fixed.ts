import type { ColumnType } from '../schema/column-type.ts';
import { packBits, unpackBits } from './bits.ts';
import type { Layout, TypedArray } from './layout.ts';
import { specialise } from './specialise.ts';

export interface ArrayConstructor<A extends TypedArray> {
  new (length: number): A;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

interface Cell<A extends TypedArray> {
  write(out: A, row: number, value: unknown, type: ColumnType): void;
  read(data: A, row: number, type: ColumnType): unknown;
}

/** Typed arrays, `width(type)` elements a row. */
export function fixed<A extends TypedArray>(
  Ctor: ArrayConstructor<A>,
  cell: Cell<A>,
  width: (type: ColumnType) => number = () => 1,
): Layout<A> {
  const take = specialise(takeRows);
  const splice = specialise(spliceRuns);
  const scatter = specialise(scatterRows);
  const equal = specialise(equalArrays);
  return {
    fromValues(type, cells) {
      const out = new Ctor(cells.length * width(type));
      for (let i = 0; i < cells.length; i++) {
        if (cells[i] !== undefined) cell.write(out, i, cells[i], type);
      }
      return out;
    },
    repeat(value, length, type) {
      const w = width(type);
      const out = new Ctor(length * w);
      if (length === 0) return out;
      cell.write(out, 0, value, type);
      // What is there is copied behind itself, twice as much each time.
      for (let n = w; n < out.length; n *= 2) out.copyWithin(n, 0, n);
      return out;
    },
    get: (data, row, type) => cell.read(data, row, type),
    take(data, rows, type) {
      const w = width(type);
      const out = new Ctor(rows.length * w);
      take(data as never, rows, out as never, w);
      return out;
    },
    slice: (data, from, to, type) => data.subarray(from * width(type), to * width(type)) as A,
    concat(parts, type) {
      const out = new Ctor(parts.reduce((n, part) => n + part.length, 0));
      let at = 0;
      for (const part of parts) {
        out.set(part as never, at);
        at += part.length;
      }
      return width(type) === 0 ? new Ctor(0) : out;
    },
    splice(first, second, runs, length, type) {
      const w = width(type);
      const out = new Ctor(length * w);
      splice(first as never, second as never, runs, out as never, w);
      return out;
    },
    scatter(data, rows, cells, type) {
      const out = data.slice() as A;
      scatter(out as never, rows, cells as never, width(type));
      return out;
    },
    equal: (a, b, length, type) => equal(a as never, b as never, length * width(type)),
    buffers: (data) => [data],
    fromBuffers: (source, length, type) => view(Ctor, source.next(), length * width(type)),
  };
}

/** Bytes 0 and 1 in memory, bits in Arrow. */
export function bits(cell: Cell<Uint8Array>): Layout<Uint8Array> {
  return {
    ...fixed(Uint8Array, cell),
    buffers: (data) => [packBits(data)],
    fromBuffers: (source, length) => unpackBits(source.next(), length),
  };
}

/** A view where alignment allows, else a copy. */
export function view<A extends TypedArray>(
  Ctor: ArrayConstructor<A>,
  bytes: Uint8Array,
  length: number,
): A {
  if (bytes.byteOffset % Ctor.BYTES_PER_ELEMENT === 0) {
    return new Ctor(bytes.buffer, bytes.byteOffset, length);
  }
  const copy = bytes.slice(0, length * Ctor.BYTES_PER_ELEMENT);
  return new Ctor(copy.buffer, 0, length);
}

function takeRows(data: Float64Array, rows: Int32Array, out: Float64Array, width: number): void {
  if (width === 1) {
    for (let i = 0; i < rows.length; i++) out[i] = data[rows[i]!]!;
    return;
  }
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * width;
    for (let k = 0; k < width; k++) out[i * width + k] = data[from + k]!;
  }
}

function spliceRuns(
  first: Float64Array,
  second: Float64Array,
  runs: Int32Array,
  out: Float64Array,
  width: number,
): void {
  for (let k = 0, at = 0; k < runs.length; k += 2) {
    const row = runs[k]!;
    const n = runs[k + 1]! * width;
    const from = row >= 0 ? first : second;
    const start = (row >= 0 ? row : ~row) * width;
    for (let i = 0; i < n; i++) out[at + i] = from[start + i]!;
    at += n;
  }
}

function scatterRows(
  out: Float64Array,
  rows: Int32Array,
  cells: Float64Array,
  width: number,
): void {
  for (let k = 0; k < rows.length; k++) {
    for (let i = 0; i < width; i++) out[rows[k]! * width + i] = cells[k * width + i]!;
  }
}

function equalArrays(a: Float64Array, b: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
