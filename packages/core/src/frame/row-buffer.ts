/** Rows that a query finds, in memory that the next query uses again. */
export class RowBuffer {
  #rows = new Int32Array(32);
  #length = 0;
  /** The first k of the rows as an array, by k: made once, so that a query allocates nothing. */
  #views: (Int32Array | undefined)[] = [];

  clear(): void {
    this.#length = 0;
  }

  push(row: number): void {
    if (this.#length === this.#rows.length) {
      const larger = new Int32Array(this.#length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
      this.#views = [];
    }
    this.#rows[this.#length++] = row;
  }

  /** What was found, ascending. */
  sorted(): Int32Array {
    const rows = this.#rows;
    const n = this.#length;
    const view = (this.#views[n] ??= rows.subarray(0, n));
    // oxlint-disable-next-line unicorn/no-array-sort -- in place, so that nothing is allocated
    if (n > 32) return view.sort();
    for (let k = 1; k < n; k++) {
      const row = rows[k]!;
      let at = k - 1;
      for (; at >= 0 && rows[at]! > row; at--) rows[at + 1] = rows[at]!;
      rows[at + 1] = row;
    }
    return view;
  }
}
