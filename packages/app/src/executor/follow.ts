import type { Executor, Task, TaskStatus } from './executor.ts';

/**
 * Submits a task and watches it until it has ended; aborting the signal cancels it.
 *
 * @returns its last status; what it throws is the executor's own failure
 */
export async function follow<T>(
  executor: Executor,
  task: Task<T>,
  signal: AbortSignal,
  told: (status: TaskStatus) => void,
): Promise<TaskStatus<T>> {
  const id = await executor.submit(task);
  let cancelling: Promise<void> | undefined;
  const cancel = (): void => {
    // A task that cannot be cancelled goes on to its end, which is waited for and told all the same.
    cancelling ??= executor.cancel(id).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    let last: TaskStatus | undefined;
    for await (const status of executor.progress(id)) {
      last = status;
      told(status);
    }
    return (last ?? (await executor.status(id))) as TaskStatus<T>;
  } finally {
    signal.removeEventListener('abort', cancel);
    await cancelling;
  }
}
