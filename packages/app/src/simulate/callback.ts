import { ArchetypeError } from '@archetype/core';

/**
 * Runs a function that the caller gave. What it throws comes out as one error that says whose it was and keeps the cause;
 * a promise that outlives the signal is not waited for.
 *
 * @throws `callback_failed`, `aborted`
 */
export function callback<T>(
  what: string,
  work: () => T | PromiseLike<T>,
  signal?: AbortSignal,
): T | Promise<T> {
  let given: T | PromiseLike<T>;
  try {
    given = work();
  } catch (error) {
    throw failed(what, error);
  }
  if (!isPromise(given)) return given;
  const done = Promise.resolve(given).catch((error: unknown) => {
    throw signal?.aborted === true ? aborted(what, signal) : failed(what, error);
  });
  return signal === undefined ? done : unlessAborted(done, signal, what);
}

const isPromise = <T>(given: T | PromiseLike<T>): given is PromiseLike<T> =>
  typeof (given as PromiseLike<T> | undefined | null)?.then === 'function';

function failed(what: string, error: unknown): ArchetypeError {
  const said = error instanceof Error ? error.message : String(error);
  return new ArchetypeError('callback_failed', `${what} threw: ${said}`, { cause: error });
}

const aborted = (what: string, signal: AbortSignal): ArchetypeError =>
  new ArchetypeError('aborted', `${what} was waited for when the signal was aborted.`, {
    cause: signal.reason,
  });

function unlessAborted<T>(done: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(aborted(what, signal));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  void done.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  return promise;
}
