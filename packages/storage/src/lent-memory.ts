/** So that a little more the next time needs no memory of its own. */
const GRAIN = 16 << 20;

/**
 * Memory that is lent to one piece of work after the other. Fresh memory for each would have the collector of the thread
 * mark all the time, and its helpers take the cores that other threads compute on.
 *
 * @example
 * const memory = new LentMemory();
 * await memory.lend(async (bytes) => engine.write(toIPC(rows, 'file', { memory: bytes })));
 */
export class LentMemory {
  #idle: Uint8Array | undefined;

  /** `work` may ask once for bytes, of any content, which are its own until it is done. */
  async lend<R>(work: (bytes: (count: number) => Uint8Array) => Promise<R>): Promise<R> {
    // Work that begins before this one is done has memory of its own.
    let memory = this.#idle;
    this.#idle = undefined;
    try {
      return await work((count) => {
        if (memory === undefined || memory.byteLength < count)
          memory = new Uint8Array(Math.ceil(count / GRAIN) * GRAIN);
        return memory.subarray(0, count);
      });
    } finally {
      this.#idle = memory;
    }
  }
}
