/**
 * Memory that begins at a page, as disks want it of writes that go past the system's cache: blocks of one size, lent out one by
 * one, made when the first is asked for and kept.
 */
export class AlignedBlocks {
  readonly #count: number;
  /** Of each block. */
  readonly bytes: number;
  #free: Uint8Array[] | undefined;
  readonly #waiting: ((block: Uint8Array) => void)[] = [];

  /** `bytes` of each are a multiple of a page. */
  constructor(count: number, bytes: number) {
    this.#count = count;
    this.bytes = bytes;
  }

  /** Resolves when a block is free, in the order of asking. */
  lend(): Promise<Uint8Array> {
    const block = (this.#free ??= this.#make()).pop();
    if (block !== undefined) return Promise.resolve(block);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(block: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free!.push(block);
    else next(block);
  }

  #make(): Uint8Array[] {
    // Memory that may be resized is the only one of JavaScript that V8 takes from the system page by page.
    const size = this.#count * this.bytes;
    const memory = new ArrayBuffer(size, { maxByteLength: size });
    return Array.from(
      { length: this.#count },
      (_, k) => new Uint8Array(memory, k * this.bytes, this.bytes),
    );
  }
}
