import { ArchetypeError } from '../errors.ts';
import type { Run } from '../random/source.ts';

/** Lets a limited number of calls be under way at once; the others wait in the order in which they came. */
export class Limiter {
  readonly concurrency: number;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  /** @throws `invalid_argument` */
  constructor(concurrency: number) {
    if (!(concurrency === Infinity || (Number.isInteger(concurrency) && concurrency >= 1))) {
      throw new ArchetypeError(
        'invalid_argument',
        `concurrency was ${String(concurrency)}; give a whole number from 1 on, or a limiter that createLimiter made.`,
      );
    }
    this.concurrency = concurrency;
  }

  /** Runs `work` when there is a place. A signal that is aborted before that ends the wait, with its reason. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running >= this.concurrency) await this.#place(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** A place is handed on, never free in between: nobody who comes later can take it. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#running--;
    else next();
  }

  #place(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const done = (): void => {
      this.#waiting.delete(enter);
      signal?.removeEventListener('abort', giveUp);
    };
    const enter = (): void => {
      done();
      resolve();
    };
    const giveUp = (): void => {
      done();
      reject(signal?.reason);
    };
    this.#waiting.add(enter);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted === true) giveUp();
    return promise;
  }
}

/**
 * A limit that several `mapAsync` share, whatever their processors and worlds: one for each service with a quota.
 *
 * @throws `invalid_argument`
 * @example
 * const model = createLimiter(16);
 * await df.mapAsync({ concurrency: model, … });
 */
export const createLimiter = (concurrency: number): Limiter => new Limiter(concurrency);

/** Limiters of a processor's run, by number: kept with it because its tables meet nowhere else, gone when it is. */
const limiters = new WeakMap<Run, Map<number, Limiter>>();

/** @throws `invalid_argument` */
export function limiterOf(given: number | Limiter, run: Run | undefined): Limiter {
  if (given instanceof Limiter) return given;
  if (run === undefined) return new Limiter(given);
  let shared = limiters.get(run);
  if (shared === undefined) limiters.set(run, (shared = new Map<number, Limiter>()));
  let limiter = shared.get(given);
  if (limiter === undefined) shared.set(given, (limiter = new Limiter(given)));
  return limiter;
}
