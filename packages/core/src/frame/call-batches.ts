import type { Limiter } from './limiter.ts';
import { linkedSignal } from './linked-signal.ts';
import { orAborted } from './or-aborted.ts';

/** What became of one item: an answer, or why there is none. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Items `0 … items - 1` to call for, and how. */
export interface CallPlan<T> {
  readonly items: number;
  readonly batchSize: number;
  readonly attempts: number;
  /** Milliseconds before the second attempt. */
  readonly backoff: number;
  readonly timeout: number | undefined;
  readonly limiter: Limiter;
  /** Whether the first item that fails for good ends it all. */
  readonly stopAtFailure: boolean;
  readonly signal: AbortSignal;
  /** One outcome per item, in their order; what it throws is the outcome of all of them. */
  readonly call: (
    items: readonly number[],
    attempt: number,
    signal: AbortSignal,
  ) => Promise<readonly Outcome<T>[]>;
}

/**
 * Calls for all items in batches, in order, with bounded concurrency. Where `stopAtFailure` holds, what comes after a
 * batch that failed for good is neither begun nor waited for, and what comes before it is: so the first failure by order
 * is known, whichever came first in time. An outcome is missing where nobody needs it.
 *
 * @throws the signal's reason
 */
export async function callBatches<T>(
  plan: CallPlan<T>,
): Promise<readonly (Outcome<T> | undefined)[]> {
  const dispatch = new Dispatch(plan);
  return orAborted(dispatch.run(), plan.signal);
}

const LONGEST_WAIT = 30_000;

class Dispatch<T> {
  readonly #plan: CallPlan<T>;
  readonly #outcomes: (Outcome<T> | undefined)[];
  readonly #batches: number;
  readonly #underWay = new Map<number, AbortController>();
  /** Ends waiting for a place: nothing more will be begun. */
  readonly #full = new AbortController();
  #next = 0;
  /** Batches from here on are not needed. */
  #end: number;

  constructor(plan: CallPlan<T>) {
    this.#plan = plan;
    this.#batches = Math.ceil(plan.items / plan.batchSize);
    this.#end = this.#batches;
    this.#outcomes = Array.from({ length: plan.items }, () => undefined);
  }

  async run(): Promise<readonly (Outcome<T> | undefined)[]> {
    const { signal, limiter } = this.#plan;
    const abort = (): void => this.#cut(0, signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      const workers = Math.min(limiter.concurrency, this.#batches);
      await Promise.all(Array.from({ length: workers }, () => this.#work()));
      return this.#outcomes;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #work(): Promise<void> {
    const { limiter } = this.#plan;
    const { signal } = this.#full;
    while (this.#next < this.#end) {
      try {
        await limiter.run(async () => {
          if (this.#next < this.#end) await this.#batch(this.#next++);
        }, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  /** Batches from `end` on are not needed any more. */
  #cut(end: number, reason: unknown): void {
    this.#end = Math.min(this.#end, end);
    this.#full.abort(reason);
    for (const [batch, controller] of this.#underWay) if (batch >= end) controller.abort(reason);
  }

  async #batch(batch: number): Promise<void> {
    const { items, batchSize, attempts, backoff, stopAtFailure } = this.#plan;
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.set(batch, controller);
    const from = batch * batchSize;
    let open = Array.from({ length: Math.min(batchSize, items - from) }, (_, k) => from + k);
    for (let attempt = 1; open.length > 0 && attempt <= attempts; attempt++) {
      if (attempt > 1) await pause(Math.min(backoff * 2 ** (attempt - 2), LONGEST_WAIT), signal);
      if (signal.aborted) break;
      open = await this.#attempt(open, attempt, signal);
    }
    this.#underWay.delete(batch);
    if (open.length > 0 && stopAtFailure && !signal.aborted) {
      this.#cut(batch + 1, new DOMException('An earlier row failed.', 'AbortError'));
    }
  }

  /** The items that failed. */
  async #attempt(
    items: readonly number[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<number[]> {
    const { call, timeout } = this.#plan;
    const limit = timeLimit(timeout, signal);
    try {
      const outcomes = await orAborted(call(items, attempt, limit.signal), limit.signal);
      items.forEach((item, k) => (this.#outcomes[item] = outcomes[k]!));
      return items.filter((_, k) => 'error' in outcomes[k]!);
    } catch (error) {
      for (const item of items) this.#outcomes[item] = { error };
      return [...items];
    } finally {
      limit.clear();
    }
  }
}

/** A signal that is aborted after so many milliseconds, or with the other one. */
function timeLimit(
  timeout: number | undefined,
  signal: AbortSignal,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  if (timeout === undefined) return { signal, clear: () => {} };
  // AbortSignal.timeout() does not keep a process alive that waits for nothing else, and cannot be taken back.
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException(`There was no answer within ${timeout} ms.`, 'TimeoutError'));
  }, timeout);
  const either = linkedSignal([signal, late.signal]);
  const clear = (): void => {
    clearTimeout(timer);
    either.release();
  };
  return { signal: either.signal, clear };
}

/** Ends early when the signal is aborted. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds === 0) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, milliseconds);
  signal.addEventListener('abort', done);
  if (signal.aborted) done();
  return promise;
}
