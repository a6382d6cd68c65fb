import { ArchetypeError } from '../errors.ts';
import type { DataFrame } from './data-frame.ts';
import type { NumericNames } from './verb-types.ts';
import { plain, type Frame } from './frame.ts';
import { offsetsOf, type Neighbourhood } from './neighbourhood.ts';
import { printRow, readPositions } from './read-positions.ts';
import { RowBuffer } from './row-buffer.ts';
import { SortedSet } from './sorted-set.ts';

export interface GridOptions<N extends string = string> {
  /** The column with the position from the left, whole numbers from 0 to before the width. */
  readonly x: N;
  /** The column with the position from the top, whole numbers from 0 to before the height. */
  readonly y: N;
  /** Width and height, or the side of a square. */
  readonly size: number | readonly [width: number, height: number];
  /** Whether the left edge touches the right one, and the top the bottom. */
  readonly torus?: boolean;
}

/**
 * Which rows stand where on a grid of cells; a cell holds any number of them. Made in one pass over the rows; a query
 * costs what it looks at. It follows `move` and `take` at once, the frame does not: write what moved with a kernel.
 *
 * @throws `invalid_value` for a position that is not whole or outside the grid; `invalid_argument`, `type_mismatch`,
 * `unknown_column`
 * @example
 * const grid = gridIndex(df, { x: 'home__x', y: 'home__y', size: 50, torus: true });
 * for (const other of grid.around(row)) if (kind[other] === kind[row]) alike++;
 */
export const gridIndex = <C>(df: DataFrame<C>, options: GridOptions<NumericNames<C>>): GridIndex =>
  new GridIndex(plain(df), options);

/**
 * Rows by cell; made by `gridIndex`. Arrays that it returns hold ascending rows and are used again by the next call of the
 * same method: copy one with `slice()` to keep it.
 */
export class GridIndex {
  readonly width: number;
  readonly height: number;
  readonly torus: boolean;
  readonly #frame: Frame;
  /** The cell of each row, -1 where it was taken. */
  readonly #cells: Int32Array;
  /** A row of each cell, and after each row another one in its cell; -1 ends. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #offsets = new Map<string, Int32Array>();
  readonly #around = new RowBuffer();
  readonly #cell = new RowBuffer();
  #empty: SortedSet | undefined;

  constructor(frame: Frame, { x, y, size, torus = false }: GridOptions) {
    const [width, height] = typeof size === 'number' ? [size, size] : size;
    for (const side of [width, height]) {
      if (Number.isInteger(side) && side >= 1 && width * height <= 0x7fffffff) continue;
      throw new ArchetypeError(
        'invalid_argument',
        `gridIndex was given size ${JSON.stringify(size)}; give [width, height] or one number, whole and from 1 on.`,
      );
    }
    this.width = width;
    this.height = height;
    this.torus = torus;
    this.#frame = frame;
    const [xs, ys] = [readPositions(frame, x), readPositions(frame, y)];
    const n = frame.numRows;
    this.#cells = new Int32Array(n);
    this.#next = new Int32Array(n);
    this.#first = new Int32Array(width * height).fill(-1);
    for (let row = 0; row < n; row++) {
      const [left, top] = [xs[row]!, ys[row]!];
      if (!this.#has(left, top)) throw this.#misplaced(`${printRow(frame, row)} is`, left, top);
      this.#insert(row, top * width + left);
    }
  }

  /** The rows in a cell. On a torus the position wraps. @throws `invalid_value` */
  cell(x: number, y: number): Int32Array {
    const found = this.#cell;
    found.clear();
    this.#list(this.#cellAt(x, y), found);
    return found.sorted();
  }

  /**
   * The rows in the cells around a row's, its own cell left out (that is `cell`); the radius is 1 unless told, the shape
   * `moore`. Where a torus is so small that a cell is reached both ways, it counts once.
   *
   * @throws `invalid_argument`, also when the row was taken
   */
  around(row: number, radius = 1, shape: Neighbourhood = 'moore'): Int32Array {
    return this.#surrounding(this.#standing(row), radius, shape);
  }

  /** As `around`, for a cell. On a torus the position wraps. @throws `invalid_value`, `invalid_argument` */
  aroundCell(x: number, y: number, radius = 1, shape: Neighbourhood = 'moore'): Int32Array {
    return this.#surrounding(this.#cellAt(x, y), radius, shape);
  }

  /**
   * The cells without a row, ascending, each as `y * width + x`. Follows `move` and `take`: copy it before a loop that
   * moves rows.
   *
   * @example
   * const cell = k.random.choice(grid.emptyCells());
   * grid.move(row, cell % grid.width, Math.floor(cell / grid.width));
   */
  emptyCells(): Int32Array {
    this.#empty ??= new SortedSet(
      Int32Array.from(this.#first.keys()).filter((cell) => this.#first[cell]! < 0),
      this.#first.length,
    );
    return this.#empty.all;
  }

  /** Where a row stands from the left, -1 when it was taken. @throws `invalid_argument` */
  x(row: number): number {
    const cell = this.#at(row);
    return cell < 0 ? -1 : cell % this.width;
  }

  /** Where a row stands from the top, -1 when it was taken. @throws `invalid_argument` */
  y(row: number): number {
    const cell = this.#at(row);
    return cell < 0 ? -1 : Math.floor(cell / this.width);
  }

  /** Puts a row into a cell, also one that was taken. On a torus the position wraps. @throws `invalid_value`, `invalid_argument` */
  move(row: number, x: number, y: number): void {
    const from = this.#at(row);
    const to = this.#cellAt(x, y);
    if (from === to) return;
    if (from >= 0) this.#remove(row, from);
    this.#insert(row, to);
  }

  /** Takes a row off the grid: no query finds it any more. @throws `invalid_argument`, also when it was taken already */
  take(row: number): void {
    this.#remove(row, this.#standing(row));
    this.#cells[row] = -1;
  }

  #has(x: number, y: number): boolean {
    return (
      Number.isInteger(x) &&
      Number.isInteger(y) &&
      x >= 0 &&
      y >= 0 &&
      x < this.width &&
      y < this.height
    );
  }

  #cellAt(x: number, y: number): number {
    const [left, top] = this.torus ? [wrap(x, this.width), wrap(y, this.height)] : [x, y];
    if (!this.#has(left, top)) throw this.#misplaced('A cell was asked for', x, y);
    return top * this.width + left;
  }

  #misplaced(what: string, x: number, y: number): ArchetypeError {
    return new ArchetypeError(
      'invalid_value',
      `${what} at (${x}, ${y}), which is no cell of a grid of ${this.width} x ${this.height}; positions are whole numbers from (0, 0) to (${this.width - 1}, ${this.height - 1}).`,
    );
  }

  #at(row: number): number {
    const cell = this.#cells[row];
    if (cell !== undefined) return cell;
    throw new ArchetypeError(
      'invalid_argument',
      `The grid was asked for row ${row}; it has the rows 0 to ${this.#cells.length - 1}.`,
    );
  }

  #standing(row: number): number {
    const cell = this.#at(row);
    if (cell >= 0) return cell;
    throw new ArchetypeError(
      'invalid_argument',
      `${printRow(this.#frame, row)} was taken off the grid; put it back with move first.`,
    );
  }

  #list(cell: number, into: RowBuffer): void {
    for (let row = this.#first[cell]!; row >= 0; row = this.#next[row]!) into.push(row);
  }

  #surrounding(cell: number, radius: number, shape: Neighbourhood): Int32Array {
    const { width, height, torus } = this;
    const offsets = this.#offsetsOf(radius, shape);
    const found = this.#around;
    found.clear();
    const left = cell % width;
    const top = (cell - left) / width;
    for (let k = 0; k < offsets.length; k += 2) {
      let x = left + offsets[k]!;
      let y = top + offsets[k + 1]!;
      if (torus) {
        x += x < 0 ? width : x >= width ? -width : 0;
        y += y < 0 ? height : y >= height ? -height : 0;
      } else if (x < 0 || y < 0 || x >= width || y >= height) continue;
      this.#list(y * width + x, found);
    }
    return found.sorted();
  }

  #offsetsOf(radius: number, shape: Neighbourhood): Int32Array {
    const key = `${shape} ${radius}`;
    let offsets = this.#offsets.get(key);
    if (offsets === undefined) this.#offsets.set(key, (offsets = offsetsOf(this, radius, shape)));
    return offsets;
  }

  #remove(row: number, cell: number): void {
    const after = this.#next[row]!;
    let before = this.#first[cell]!;
    if (before === row) {
      this.#first[cell] = after;
      if (after < 0) this.#empty?.add(cell);
      return;
    }
    while (this.#next[before] !== row) before = this.#next[before]!;
    this.#next[before] = after;
  }

  #insert(row: number, cell: number): void {
    const before = this.#first[cell]!;
    if (before < 0) this.#empty?.delete(cell);
    this.#cells[row] = cell;
    this.#next[row] = before;
    this.#first[cell] = row;
  }
}

const wrap = (position: number, size: number): number => ((position % size) + size) % size;
