/** Milliseconds that ticks may run on end before timers, input and finished writes get their turn. */
const STRETCH = 5;

/** Ticks that never wait would keep everything else from running, the caller's timers and signals too. */
export class Pace {
  #turned = performance.now();
  /** A turn of the event loop that is on its way. */
  #turn: Promise<void> | undefined;

  /** Called between ticks: what to wait for, if the event loop has not turned for too long. */
  rest(): Promise<void> | undefined {
    this.#turn ??= new Promise((resolve) => {
      setTimeout(() => {
        this.#turned = performance.now();
        this.#turn = undefined;
        resolve();
      }, 0);
    });
    return performance.now() - this.#turned < STRETCH ? undefined : this.#turn;
  }
}
