import { nullable, required, sameType, type ColumnType } from '../schema/column-type.ts';
import { packBits } from './bits.ts';
import type { Data, Layout, TypedArray } from './layout.ts';

const NONE = new Uint8Array(0);

/** What fills in the cells of columns that wait for it. */
export interface Pending {
  compute(): void;
}

/**
 * Cells of one type in Arrow memory; never changes once made. `validity` has one byte per row, 1 for present, and is
 * absent when no cell is null. A constant column holds one cell and fills its memory only when someone reads it; a
 * pending one is computed then.
 * Columns are made by the functions in `columns.ts`.
 */
export class Column {
  readonly type: ColumnType;
  readonly length: number;
  /** The cell that every row holds, where that is known; `undefined` where it is not. */
  readonly constant: unknown;
  readonly #layout: Layout;
  #data: Data | undefined;
  #validity: Uint8Array | undefined;
  #pending: Pending | undefined;

  constructor(
    layout: Layout,
    type: ColumnType,
    length: number,
    data: Data | undefined,
    validity?: Uint8Array,
    constant?: unknown,
    pending?: Pending,
  ) {
    this.#layout = layout;
    this.type = type;
    this.length = length;
    this.#validity = validity;
    this.#pending = pending;
    this.constant = constant;
    this.#data = data;
  }

  /** What will compute the cells, while nobody has read them. */
  get pending(): Pending | undefined {
    return this.#pending;
  }

  /** Ends the wait; for whoever computes. */
  fill(cells: Column): void {
    this.#data = cells.data;
    this.#validity = cells.validity;
    this.#pending = undefined;
  }

  get validity(): Uint8Array | undefined {
    if (this.type.nullable) this.#pending?.compute();
    return this.#validity;
  }

  get data(): Data {
    this.#pending?.compute();
    return (this.#data ??= this.#layout.repeat(this.constant, this.length, this.type));
  }

  /** The cell of a row as a JavaScript value, or `null`. */
  get(row: number): unknown {
    if (this.constant !== undefined) return this.constant;
    if (this.validity !== undefined && this.validity[row] === 0) return null;
    return this.#layout.get(this.data, row, this.type);
  }

  take(rows: Int32Array): Column {
    if (this.constant !== undefined) return this.#constant(rows.length);
    const { validity } = this;
    return new Column(
      this.#layout,
      this.type,
      rows.length,
      this.#layout.take(this.data, rows, this.type),
      validity === undefined ? undefined : Uint8Array.from(rows, (row) => validity[row]!),
    );
  }

  /** Rows `from` to before `to`; shares memory where the layout can. */
  slice(from: number, to: number): Column {
    if (from === 0 && to === this.length) return this;
    if (this.constant !== undefined) return this.#constant(to - from);
    const data = this.#layout.slice(this.data, from, to, this.type);
    return new Column(this.#layout, this.type, to - from, data, this.validity?.subarray(from, to));
  }

  /** The same cells under a type that also allows null. */
  asNullable(): Column {
    if (this.type.nullable) return this;
    this.#pending?.compute();
    const type = nullable(this.type);
    return new Column(this.#layout, type, this.length, this.#data, this.#validity, this.constant);
  }

  /** The same cells under a type that does not allow null; no cell may be null. */
  asRequired(): Column {
    if (!this.type.nullable) return this;
    this.#pending?.compute();
    return new Column(
      this.#layout,
      required(this.type),
      this.length,
      this.#data,
      undefined,
      this.constant,
    );
  }

  /** Same type and same cells; NaN equals NaN, and 0 differs from -0. */
  equals(other: Column): boolean {
    if (this === other) return true;
    if (this.length !== other.length || !sameType(this.type, other.type)) return false;
    if (this.constant !== undefined && Object.is(this.constant, other.constant)) return true;
    if (this.validity === undefined && other.validity === undefined) {
      return this.#layout.equal(this.data, other.data, this.length, this.type);
    }
    const rows: number[] = [];
    for (let i = 0; i < this.length; i++) {
      const present = this.validity?.[i] ?? 1;
      if (present !== (other.validity?.[i] ?? 1)) return false;
      if (present === 1) rows.push(i);
    }
    const index = Int32Array.from(rows);
    return this.#layout.equal(
      this.#layout.take(this.data, index, this.type),
      this.#layout.take(other.data, index, this.type),
      index.length,
      this.type,
    );
  }

  /** Whether a row holds the same cell in both; NaN equals NaN, and 0 differs from -0. */
  sameAt(row: number, other: Column): boolean {
    const [a, b] = [this.get(row), other.get(row)];
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
      return Object.is(a, b);
    return this.slice(row, row + 1).equals(other.slice(row, row + 1));
  }

  /** Arrow buffers: validity bits (empty when no cell is null), then the layout's own; `bytesOf` gives their bytes. */
  buffers(): readonly TypedArray[] {
    const buffers: TypedArray[] = [];
    this.addBuffers(buffers);
    return buffers;
  }

  /** Adds the same to `into`, without a list of its own. */
  addBuffers(into: TypedArray[]): void {
    into.push(this.validity === undefined ? NONE : packBits(this.validity));
    for (const buffer of this.#layout.buffers(this.data, this.length, this.type)) into.push(buffer);
  }

  #constant(length: number): Column {
    return new Column(this.#layout, this.type, length, undefined, undefined, this.constant);
  }
}
