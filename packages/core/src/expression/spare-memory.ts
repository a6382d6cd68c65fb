/** Memory that is kept ready at most. */
const MAX_BYTES = 1_048_576;
/** The system gives memory by the page, when it is first touched. */
const PAGE_BYTES = 4_096;

/** Memory made before somebody asks for it: as much as was asked for since the last time, at most 1 MiB. */
export class SpareMemory {
  readonly #allocate: (bytes: number) => ArrayBuffer;
  /** Sizes that were asked for since memory was made ready. */
  #asked: number[] = [];
  #askedBytes = 0;
  /** By size; nobody else has it. */
  #ready = new Map<number, ArrayBuffer[]>();

  constructor(allocate: (bytes: number) => ArrayBuffer) {
    this.#allocate = allocate;
  }

  take(bytes: number): ArrayBuffer {
    if (this.#askedBytes + bytes <= MAX_BYTES) {
      this.#asked.push(bytes);
      this.#askedBytes += bytes;
    }
    return this.#ready.get(bytes)?.pop() ?? this.#allocate(bytes);
  }

  makeReady(): void {
    if (this.#asked.length === 0) return;
    const [sizes, left] = [this.#asked, this.#ready];
    this.#asked = [];
    this.#askedBytes = 0;
    this.#ready = new Map();
    for (const bytes of sizes) {
      const memory = left.get(bytes)?.pop() ?? this.#touched(bytes);
      const same = this.#ready.get(bytes);
      if (same === undefined) this.#ready.set(bytes, [memory]);
      else same.push(memory);
    }
  }

  #touched(bytes: number): ArrayBuffer {
    const memory = this.#allocate(bytes);
    const cells = new Uint8Array(memory);
    for (let at = 0; at < bytes; at += PAGE_BYTES) cells[at] = 0;
    return memory;
  }
}
