/** Counts what has begun and is not over yet, for whoever waits for all of it. */
export class UnderWay {
  #count = 0;
  #over: PromiseWithResolvers<void> | undefined;

  begin(): void {
    this.#count++;
  }

  end(): void {
    if (--this.#count > 0) return;
    this.#over?.resolve();
    this.#over = undefined;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#count === 0) return;
    await (this.#over ??= Promise.withResolvers()).promise;
  }
}
