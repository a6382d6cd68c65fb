/** So that a little more the next time needs no memory of its own. */
const GRAIN = 16 << 20;

/**
 * Memory that is lent to one piece of work after the other. Fresh memory for each would have the collector of the thread
 * mark all the time, and its helpers take the cores that other threads compute on.
 *
 * @example
 * const lent = new LentMemory();
 * await lent.lend(async (memory) => engine.write(toIPC(rows, 'file', { memory })));
 */
export class LentMemory {
  #idle: Uint8Array | undefined;

  /** `work` may ask once for bytes, of any content, at the start of a buffer; they are its own until it is done. */
  async lend<R>(work: (memory: (bytes: number) => Uint8Array) => Promise<R>): Promise<R> {
    // Work that begins before this one is done has memory of its own.
    let memory = this.#idle;
    this.#idle = undefined;
    try {
      return await work((bytes) => {
        if (memory === undefined || memory.byteLength < bytes)
          memory = new Uint8Array(Math.ceil(bytes / GRAIN) * GRAIN);
        return memory.subarray(0, bytes);
      });
    } finally {
      this.#giveBack(memory);
    }
  }

  /** Of what overlapping work gives back, the largest stays. */
  #giveBack(memory: Uint8Array | undefined): void {
    if ((memory?.byteLength ?? 0) > (this.#idle?.byteLength ?? 0)) this.#idle = memory;
  }
}
