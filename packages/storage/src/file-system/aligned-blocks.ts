/**
 * Page-aligned memory, as disks want it of direct writes: `count` blocks of `bytes` each, a multiple of a page, lent one by one.
 */
export class AlignedBlocks {
  readonly #count: number;
  readonly bytes: number;
  #free: Uint8Array[] | undefined;
  readonly #waiting: ((block: Uint8Array) => void)[] = [];

  constructor(count: number, bytes: number) {
    this.#count = count;
    this.bytes = bytes;
  }

  /** Makes the memory, which is kept, unless it is there. @throws `RangeError` when there is none */
  make(): void {
    this.#free ??= this.#allocate();
  }

  /** Resolves when a block is free, in the order of asking. */
  lend(): Promise<Uint8Array> {
    this.make();
    const block = this.#free!.pop();
    if (block !== undefined) return Promise.resolve(block);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(block: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free!.push(block);
    else next(block);
  }

  #allocate(): Uint8Array[] {
    // Of JavaScript's memory, V8 maps only that by itself which may be resized, so that it begins at a page. It never is.
    const size = this.#count * this.bytes;
    const memory = new ArrayBuffer(size, { maxByteLength: size });
    return Array.from(
      { length: this.#count },
      (_, k) => new Uint8Array(memory, k * this.bytes, this.bytes),
    );
  }
}
