import { ArchetypeError } from '@archetype/core';
import { asFailure } from './flush-failure.ts';
import { openOperations, type Operations } from './operations.ts';
import type { RequestName, Requests, ThreadData } from './requests.ts';
import { RunningThread } from './running-thread.ts';

/**
 * Flushes go one after the other, and so does upkeep; neither waits for the other. That is safe while a flush lists only
 * parts that it wrote itself, and names ticks and never parts where rows did not change, and while everything that retires,
 * moves or removes is in the other lane.
 */
type Lane = 'flush' | 'upkeep';
const laneOf = (name: RequestName): Lane => (name === 'flush' ? 'flush' : 'upkeep');

/** Where parts are written and looked after: in a thread, which starts with the first request. */
export class StorageWorker {
  readonly #data: ThreadData;
  #thread: Promise<RunningThread> | undefined;
  readonly #last: Record<Lane, Promise<unknown>> = {
    flush: Promise.resolve(),
    upkeep: Promise.resolve(),
  };
  /** What is left to do is so little that a thread is not worth starting for it. */
  #here = false;
  #operations: Promise<Operations> | undefined;
  #closed = false;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  /** @throws what the operation throws; `flush_failed` when the thread itself failed, `store_closed` */
  ask<N extends RequestName>(name: N, given: Requests[N]['given']): Promise<Requests[N]['answer']> {
    if (this.#closed) return Promise.reject(closed());
    const lane = laneOf(name);
    const result = this.#last[lane].then(() => this.#ask(name, given));
    this.#last[lane] = result.catch(() => undefined);
    return result as Promise<Requests[N]['answer']>;
  }

  /** From here on, what is asked for is done in this thread, unless the other one is running. */
  stayHere(): void {
    this.#here = true;
  }

  /** Waits for what was asked for, then ends the thread. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Object.values(this.#last));
    await (await this.#operations)?.close();
    await (await this.#thread)?.close();
  }

  async #ask(name: RequestName, given: unknown): Promise<unknown> {
    if (this.#here && this.#thread === undefined) return this.#doHere(name, given);
    const thread = await (this.#thread ?? this.#start());
    return thread.ask(name, given);
  }

  /** A thread that died, or could not start, is replaced at the next try. */
  #start(): Promise<RunningThread> {
    const thread = RunningThread.start(this.#data);
    const forget = (): void => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    this.#thread = thread;
    void thread.then(({ ended }) => ended.then(forget), forget);
    return thread;
  }

  async #doHere(name: RequestName, given: unknown): Promise<unknown> {
    try {
      this.#operations ??= this.#open();
      return await (await this.#operations).run(name, given as never);
    } catch (error) {
      const code = error instanceof ArchetypeError ? error.code : undefined;
      throw asFailure(code, error instanceof Error ? error.message : String(error), error);
    }
  }

  #open(): Promise<Operations> {
    return openOperations(this.#data).catch((error: unknown) => {
      this.#operations = undefined;
      throw error;
    });
  }
}

const closed = (): ArchetypeError =>
  new ArchetypeError('store_closed', 'The store is closed; open it again.');
