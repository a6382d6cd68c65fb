import { callback } from './callback.ts';
import type { EpisodeOutcome, RolloutProgress } from './rollout-options.ts';

/** Counts what the episodes of a rollout do, and tells whoever listens. */
export class RolloutTally {
  readonly #rolloutId: string;
  readonly #numEpisodes: number;
  readonly #listener: ((progress: RolloutProgress) => void) | undefined;
  readonly #failed: (error: unknown) => void;
  /** Steps of each episode that has begun. */
  readonly #steps = new Map<number, number>();
  readonly #ends = { completed: 0, failed: 0, cancelled: 0 };
  #total = 0;
  #running = 0;

  /** `failed` is told what the listener throws. */
  constructor(
    rolloutId: string,
    numEpisodes: number,
    listener: ((progress: RolloutProgress) => void) | undefined,
    failed: (error: unknown) => void,
  ) {
    this.#rolloutId = rolloutId;
    this.#numEpisodes = numEpisodes;
    this.#listener = listener;
    this.#failed = failed;
  }

  get counts(): {
    readonly completed: number;
    readonly failed: number;
    readonly cancelled: number;
  } {
    return { ...this.#ends };
  }

  begun(): void {
    this.#running++;
    this.#tell();
  }

  /** An episode has taken so many steps. */
  stepped(index: number, steps: number): void {
    const before = this.#steps.get(index) ?? 0;
    if (steps === before) return;
    this.#count(index, steps);
    this.#tell();
  }

  ended(outcome: EpisodeOutcome<unknown>): void {
    this.#running--;
    if (outcome.status === 'completed') this.#count(outcome.index, outcome.durationSteps);
    this.#ends[outcome.status]++;
    this.#tell();
  }

  /** Episodes that were never begun. */
  dropped(count: number): void {
    if (count === 0) return;
    this.#ends.cancelled += count;
    this.#tell();
  }

  #count(index: number, steps: number): void {
    this.#total += steps - (this.#steps.get(index) ?? 0);
    this.#steps.set(index, steps);
  }

  #tell(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    const progress = {
      rolloutId: this.#rolloutId,
      numEpisodes: this.#numEpisodes,
      running: this.#running,
      ...this.#ends,
      steps: this.#total,
    };
    try {
      const telling = callback("The rollout's onProgress", () => listener(progress));
      if (telling instanceof Promise) telling.catch(this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }
}
