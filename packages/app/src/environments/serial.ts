/** Runs one piece of work at a time, in the order of the calls. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    // Whoever asked hears of a failure; who comes next does not.
    this.#last = done.catch(() => undefined);
    return done;
  }
}
