import { ArchetypeError, mintId, type Json } from '@archetype/core';
import { wholeNumber } from '../whole-number.ts';
import type { Executor, Task, TaskStatus } from './executor.ts';
import { taskFailure } from './task-failure.ts';

/** A task in hand, and who waits for news of it. */
interface Entry {
  readonly task: Task<unknown>;
  readonly abort: AbortController;
  status: TaskStatus;
  changed: PromiseWithResolvers<void>;
}

/**
 * Runs tasks in this process, in order of submission, at most `parallel` at a time.
 *
 * @example
 * const executor = new InProcessExecutor({ parallel: 4 });
 * const id = await executor.submit({ about: 'sum', run: async () => 1 + 1 });
 * for await (const { state } of executor.progress(id)) console.log(state);
 */
export class InProcessExecutor implements Executor {
  readonly #parallel: number;
  readonly #keep: number;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<Entry>();
  readonly #ended: string[] = [];
  #running = 0;

  /**
   * @param options `parallel`: how many tasks run at a time, 1 unless told; `keep`: how many that have ended are still
   * known, 1000 unless told, the newest
   * @throws `invalid_argument`
   */
  constructor({
    parallel = 1,
    keep = 1000,
  }: { readonly parallel?: number; readonly keep?: number } = {}) {
    this.#parallel = wholeNumber(parallel, 'parallel', 1);
    this.#keep = wholeNumber(keep, 'keep', 0);
  }

  async submit<T>(task: Task<T>): Promise<string> {
    if (typeof task?.run !== 'function') {
      throw new ArchetypeError(
        'invalid_argument',
        'An executor was given something without run; give { about, run: async ({ signal, report }) => … }.',
      );
    }
    const { id = mintId(), about } = task;
    if (this.#entries.has(id)) return id;
    const entry: Entry = {
      task,
      abort: new AbortController(),
      status: { id, about, progress: undefined, state: 'waiting' },
      changed: Promise.withResolvers(),
    };
    this.#entries.set(id, entry);
    this.#waiting.add(entry);
    this.#fill();
    return id;
  }

  async status(id: string): Promise<TaskStatus> {
    return this.#entry(id).status;
  }

  async cancel(id: string): Promise<void> {
    const entry = this.#entry(id);
    if (this.#waiting.delete(entry)) this.#end(entry, cancelled(entry));
    else entry.abort.abort(cancelledError(entry));
  }

  progress(id: string): AsyncIterable<TaskStatus> {
    return watch(this.#entry(id));
  }

  #fill(): void {
    for (const entry of this.#waiting) {
      if (this.#running >= this.#parallel) return;
      this.#waiting.delete(entry);
      this.#running++;
      void this.#run(entry);
    }
  }

  async #run(entry: Entry): Promise<void> {
    change(entry, { ...facts(entry), state: 'running' });
    const end = await ending(entry);
    this.#running--;
    this.#end(entry, end);
    this.#fill();
  }

  #end(entry: Entry, status: TaskStatus): void {
    change(entry, status);
    this.#ended.push(status.id);
    while (this.#ended.length > this.#keep) this.#entries.delete(this.#ended.shift()!);
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry !== undefined) return entry;
    throw new ArchetypeError(
      'task_not_found',
      `This executor knows no task ${JSON.stringify(id)}; it keeps the ${this.#keep} that ended last.`,
    );
  }
}

const facts = ({ status: { id, about, progress } }: Entry): Omit<TaskStatus, 'state'> => ({
  id,
  about,
  progress,
});

function change(entry: Entry, status: TaskStatus): void {
  entry.status = status;
  entry.changed.resolve();
  entry.changed = Promise.withResolvers();
}

/** Runs a task; what it throws is part of how it ends. */
async function ending(entry: Entry): Promise<TaskStatus> {
  const { signal } = entry.abort;
  const report = (progress: Json): void => {
    if (entry.status.state === 'running') change(entry, { ...entry.status, progress });
  };
  try {
    const result = await entry.task.run({ signal, report });
    return { ...facts(entry), state: 'done', result };
  } catch (error) {
    if (signal.aborted && isAbort(error, signal)) return cancelled(entry);
    return {
      ...facts(entry),
      state: 'failed',
      error: taskFailure(error, `Task ${entry.status.id}`),
    };
  }
}

const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason || (error instanceof ArchetypeError && error.code === 'aborted');

const cancelledError = ({ status: { id } }: Entry): ArchetypeError =>
  new ArchetypeError('aborted', `Task ${id} was cancelled.`);

const cancelled = (entry: Entry): TaskStatus => ({
  ...facts(entry),
  state: 'cancelled',
  error: cancelledError(entry),
});

async function* watch(entry: Entry): AsyncGenerator<TaskStatus> {
  for (;;) {
    const { status, changed } = entry;
    yield status;
    if (status.state !== 'waiting' && status.state !== 'running') return;
    await changed.promise;
  }
}
