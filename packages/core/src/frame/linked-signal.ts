/** A signal that is aborted when one of others is. `release` must be called in the end: the others may live much longer. */
export function linkedSignal(others: readonly (AbortSignal | undefined)[]): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const abort = (event: Event): void => controller.abort((event.target as AbortSignal).reason);
  for (const other of others) {
    if (other?.aborted === true) controller.abort(other.reason);
    other?.addEventListener('abort', abort);
  }
  return {
    signal: controller.signal,
    release: () => others.forEach((other) => other?.removeEventListener('abort', abort)),
  };
}
