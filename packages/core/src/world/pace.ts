/** Milliseconds that ticks may run on end before timers and input get their turn. */
const STRETCH = 25;

/** Ticks that never wait would keep everything else from running, the caller's timers and signals too. */
export class Pace {
  #since = performance.now();

  /** Called between ticks. */
  async rest(): Promise<void> {
    if (performance.now() - this.#since < STRETCH) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#since = performance.now();
  }
}
