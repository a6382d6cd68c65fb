/** Work that waits only for promises that a processor returned; everything between them runs synchronously. */
export type Work<T> = Generator<PromiseLike<unknown>, T, unknown>;

/** Runs work to its end: at once when it never waits, else as a promise. */
export function drive<T>(work: Work<T>): T | Promise<T> {
  const step = work.next();
  return step.done === true ? step.value : resume(work, step.value);
}

async function resume<T>(work: Work<T>, first: PromiseLike<unknown>): Promise<T> {
  let waiting = first;
  for (;;) {
    let step: IteratorResult<PromiseLike<unknown>, T>;
    try {
      const value = await waiting;
      step = work.next(value);
    } catch (error) {
      step = work.throw(error);
    }
    if (step.done === true) return step.value;
    waiting = step.value;
  }
}

/** Runs pieces of work side by side; those that never wait end in order. All are awaited, then the first failure counts. */
export function* together<T>(pieces: readonly Work<T>[]): Work<readonly T[]> {
  if (pieces.length === 1) return [yield* pieces[0]!];
  const running = pieces.map((piece) => drive(piece));
  if (!running.some((result) => result instanceof Promise)) return running as T[];
  const results = (yield Promise.allSettled(running)) as PromiseSettledResult<T>[];
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
