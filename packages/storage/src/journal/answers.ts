import { Rhythm } from './rhythm.ts';

/** A caller that waits for its record. */
export interface Caller {
  readonly resolve: (segment: string) => void;
}

/**
 * Tells callers that their records are acknowledged: some at once, so that they compute while the disk works for the
 * others, and the others when the next write is under way. Nobody is told before those who came first.
 */
export class Answers {
  readonly #rhythm = new Rhythm();
  /** Acknowledged, and told when the next write is under way. */
  #untold: { readonly callers: readonly Caller[]; readonly segment: string } | undefined;

  /**
   * These records are in a segment, by a write that took so long until now; so many wait for the next. Resolves when it may
   * begin.
   */
  async acknowledged(
    callers: readonly Caller[],
    segment: string,
    ms: number,
    waiting: number,
  ): Promise<void> {
    this.#rhythm.wrote(ms);
    const first = this.#rhythm.first(callers.length, waiting);
    this.#untold = { callers: callers.slice(0, first), segment };
    await this.tell();
    this.#untold = { callers: callers.slice(first), segment };
  }

  /** Tells whoever was not told yet; resolves when they have computed what they can without waiting. */
  async tell(): Promise<void> {
    const untold = this.#untold;
    this.#untold = undefined;
    if (untold === undefined || untold.callers.length === 0) return;
    const started = performance.now();
    for (const { resolve } of untold.callers) resolve(untold.segment);
    // Comes up when no promise goes on by itself any more: a tick that waits for nothing is over by then.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    this.#rhythm.answered(performance.now() - started, untold.callers.length);
  }
}
