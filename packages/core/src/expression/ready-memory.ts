/** Memory that is kept ready at most. */
const MAX_BYTES = 1_048_576;
/** The system gives memory by the page, when it is first touched. */
const PAGE_BYTES = 4_096;

/**
 * Memory made before somebody asks for it: as much as was asked for since the last time, at most 1 MiB. Of sizes that were not
 * asked for twice in a row none is made: tables that grow with each tick would never take it.
 */
export class ReadyMemory {
  readonly #allocate: (bytes: number) => ArrayBuffer;
  /** Sizes that were asked for since memory was made ready. */
  #asked: number[] = [];
  #askedBytes = 0;
  /** … and those asked for before that. */
  #usual: ReadonlySet<number> = new Set();
  /** By size; nobody else has it. */
  #ready = new Map<number, ArrayBuffer[]>();

  constructor(allocate: (bytes: number) => ArrayBuffer) {
    this.#allocate = allocate;
  }

  /** Belongs to the caller alone, and may hold anything. */
  take(bytes: number): ArrayBuffer {
    if (this.#askedBytes + bytes <= MAX_BYTES) {
      this.#asked.push(bytes);
      this.#askedBytes += bytes;
    }
    return this.#ready.get(bytes)?.pop() ?? this.#allocate(bytes);
  }

  /** Makes what the next takes will ask for, if they are like the last ones; does nothing when there were none. */
  makeReady(): void {
    if (this.#asked.length === 0) return;
    const [sizes, usual, left] = [this.#asked, this.#usual, this.#ready];
    this.#asked = [];
    this.#askedBytes = 0;
    this.#usual = new Set(sizes);
    this.#ready = new Map();
    for (const bytes of sizes) {
      if (!usual.has(bytes)) continue;
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
