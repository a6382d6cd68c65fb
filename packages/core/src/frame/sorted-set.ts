/** Whole numbers, ascending, in one array: found by halving, made room for by one move of memory. */
export class SortedSet {
  readonly #cells: Int32Array;
  #length: number;
  #views: (Int32Array | undefined)[] = [];

  /** `cells` must be ascending; `capacity` is the most that it will ever hold. */
  constructor(cells: Int32Array, capacity: number) {
    this.#cells = new Int32Array(capacity);
    this.#cells.set(cells);
    this.#length = cells.length;
  }

  get all(): Int32Array {
    return (this.#views[this.#length] ??= this.#cells.subarray(0, this.#length));
  }

  add(cell: number): void {
    const at = this.#find(cell);
    this.#cells.copyWithin(at + 1, at, this.#length++);
    this.#cells[at] = cell;
  }

  delete(cell: number): void {
    const at = this.#find(cell);
    this.#cells.copyWithin(at, at + 1, this.#length--);
  }

  /** The first place that does not hold less. */
  #find(cell: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#cells[middle]! < cell) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
