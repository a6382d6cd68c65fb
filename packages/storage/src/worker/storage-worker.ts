import { ArchetypeError, type ErrorCode } from '@archetype/core';
import { Worker } from 'node:worker_threads';
import { openOperations, type Operations } from './operations.ts';
import type { RequestName, Requests, ThreadData, ThreadReply, ThreadRequest } from './requests.ts';

/** The other end of the storage thread: asks one thing at a time, in order; the thread starts with the first of them. */
export class StorageWorker {
  readonly #data: ThreadData;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** What is left to do is so little that a thread is not worth starting for it. */
  #here = false;
  #operations: Operations | undefined;
  #closed = false;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  /** @throws what the operation throws; `flush_failed` when the thread itself failed, `store_closed` */
  ask<N extends RequestName>(name: N, given: Requests[N]['given']): Promise<Requests[N]['answer']> {
    if (this.#closed) return Promise.reject(closed());
    const result = this.#last.then(() => this.#ask(name, given));
    this.#last = result.catch(() => undefined);
    return result as Promise<Requests[N]['answer']>;
  }

  /** From here on, what is asked for is done in this thread, unless the other one is running. */
  stayHere(): void {
    this.#here = true;
  }

  /** Waits for what was asked for, then ends the thread. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#operations?.close();
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.once('exit', () => resolve());
    worker.ref();
    worker.postMessage({ kind: 'close' } satisfies ThreadRequest);
    await promise;
  }

  async #ask(name: RequestName, given: unknown): Promise<unknown> {
    if (this.#here && this.#worker === undefined) return this.#doHere(name, given);
    const worker = (this.#worker ??= await this.#start());
    worker.ref();
    try {
      const reply = await replyOf(worker, () =>
        worker.postMessage({ kind: name, given } satisfies ThreadRequest),
      );
      if (reply.kind === 'done') return reply.answer;
      if (reply.kind !== 'failed') throw failed('it answered out of turn.');
      throw asFailure(reply.code, reply.message);
    } catch (error) {
      // A thread that died is replaced at the next try.
      if (worker.threadId === -1) this.#worker = undefined;
      throw error;
    } finally {
      // The journal keeps everything, so an idle thread must not keep the process alive.
      worker.unref();
    }
  }

  async #doHere(name: RequestName, given: unknown): Promise<unknown> {
    try {
      this.#operations ??= await openOperations(this.#data);
      return await this.#operations.run(name, given as never);
    } catch (error) {
      const code = error instanceof ArchetypeError ? error.code : undefined;
      throw asFailure(code, error instanceof Error ? error.message : String(error), error);
    }
  }

  async #start(): Promise<Worker> {
    const typescript = import.meta.url.endsWith('.ts');
    const file = new URL(
      typescript ? './storage-thread.ts' : './storage-thread.js',
      import.meta.url,
    );
    const execArgv = typescript
      ? ['--conditions=@archetype/source', '--disable-warning=ExperimentalWarning']
      : [];
    const worker = new Worker(file, {
      workerData: this.#data,
      execArgv,
      name: 'archetype-storage',
    });
    await replyOf(worker, () => undefined);
    return worker;
  }
}

function replyOf(worker: Worker, ask: () => void): Promise<ThreadReply> {
  const { promise, resolve, reject } = Promise.withResolvers<ThreadReply>();
  const onMessage = (reply: ThreadReply): void => resolve(reply);
  const onError = (error: Error): void => reject(failed(error.message, error));
  const onExit = (code: number): void => reject(failed(`its thread ended with code ${code}.`));
  worker.once('message', onMessage).once('error', onError).once('exit', onExit);
  ask();
  return promise.finally(() => {
    worker.off('message', onMessage).off('error', onError).off('exit', onExit);
  });
}

/** Codes that say more than that something failed. */
const telling: ReadonlySet<string> = new Set(['stale_writer', 'part_missing', 'part_damaged']);

const asFailure = (code: string | undefined, message: string, cause?: unknown): ArchetypeError =>
  code !== undefined && telling.has(code)
    ? new ArchetypeError(code as ErrorCode, message, { cause })
    : failed(message, cause);

const failed = (why: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'flush_failed',
    `Moving ticks into parts, or looking after them, failed: ${why} Nothing is lost: committed ticks stay in the journal, and what failed is tried again.`,
    { cause },
  );

const closed = (): ArchetypeError =>
  new ArchetypeError('store_closed', 'The store is closed; open it again.');
