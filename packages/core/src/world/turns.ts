/** A way out of the queue: the signal of who waits, and the error that says so. */
export interface WayOut {
  readonly signal: AbortSignal;
  readonly error: () => Error;
}

/** Operations on one world take turns; the unit is the tick. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `work` when those who came before are done. Who leaves while waiting leaves at once; their work never begins. */
  take<T>(work: () => Promise<T>, out?: WayOut): Promise<T> {
    // Whoever finds the world idle begins at once: what is staged after the call belongs to the next tick.
    if (this.#waiting++ === 0) return this.#queue(work());
    if (out === undefined) return this.#queue(this.#last.then(work));
    const { signal, error } = out;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let state: 'waiting' | 'begun' | 'left' = 'waiting';
    const leave = (): void => {
      if (state === 'waiting') state = 'left';
      if (state === 'left') reject(error());
    };
    const turn = this.#last.then(() => {
      if (state === 'left') throw error();
      state = 'begun';
      return work();
    });
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    this.#queue(turn)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', leave));
    return promise;
  }

  /** Resolves when everybody who has come by now is done. */
  async idle(): Promise<void> {
    await this.#last;
  }

  #queue<T>(result: Promise<T>): Promise<T> {
    const over = (): void => {
      this.#waiting--;
    };
    this.#last = result.then(over, over);
    return result;
  }
}
