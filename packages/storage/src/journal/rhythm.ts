/** How much the newest time counts in an average. */
const NEWEST = 0.25;
/** So many times the average is the most that a write counts for. */
const LONGEST = 2;

/**
 * Whom the journal tells before its next write. When all who wait are told at once, they compute while the disk idles, and
 * idle while it syncs. When they have more to compute than a write takes, half of them are told: they compute, and the
 * others do while the disk works. It decides what shares a write, never what is written.
 */
export class Rhythm {
  /** Milliseconds of a write. */
  #write = 0;
  /** Milliseconds that whoever waits for a record computes when it is told. */
  #answer = 0;

  /**
   * A write took so long, from its beginning to its acknowledgement. One that took far longer says little of the next: the
   * collector ran, or the disk was asleep.
   */
  wrote(ms: number): void {
    const likely = this.#write === 0 ? ms : Math.min(ms, LONGEST * this.#write);
    this.#write += (likely - this.#write) * NEWEST;
  }

  /** Those who waited for so many records ran so long when they were told. */
  answered(ms: number, records: number): void {
    this.#answer += (ms / records - this.#answer) * NEWEST;
  }

  /** How many of the records just written are told before the next write, which has so many already. */
  first(written: number, waiting: number): number {
    const computing = this.#answer * (written + waiting);
    if (computing <= this.#write) return written;
    return waiting > 0 ? 0 : Math.ceil(written / 2);
  }
}
