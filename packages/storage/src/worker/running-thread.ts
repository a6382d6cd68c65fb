import type { ArchetypeError } from '@archetype/core';
import { Worker } from 'node:worker_threads';
import { asFailure, flushFailed } from './flush-failure.ts';
import type { RequestName, ThreadData, ThreadReply, ThreadRequest } from './requests.ts';

/** A storage thread that runs: what it is asked for goes on side by side, and is answered in any order. */
export class RunningThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;
  readonly #ended = Promise.withResolvers<void>();
  /** Why it answers no more. */
  #end: ArchetypeError | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: ThreadReply) => this.#answered(reply));
    worker.on('error', (error: Error) => this.#over(flushFailed(error.message, error)));
    worker.on('exit', (code) => this.#over(flushFailed(`its thread ended with code ${code}.`)));
  }

  /** @throws `flush_failed` */
  static async start(data: ThreadData): Promise<RunningThread> {
    const typescript = import.meta.url.endsWith('.ts');
    const file = new URL(
      typescript ? './storage-thread.ts' : './storage-thread.js',
      import.meta.url,
    );
    const execArgv = typescript
      ? ['--conditions=@archetype/source', '--disable-warning=ExperimentalWarning']
      : [];
    const worker = new Worker(file, { workerData: data, execArgv, name: 'archetype-storage' });
    const thread = new RunningThread(worker);
    await thread.#answerTo(READY);
    return thread;
  }

  /** Resolves when it answers no more. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** @throws what the operation threw; `flush_failed` when the thread itself failed */
  async ask(kind: RequestName, given: unknown): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end;
    const id = ++this.#asked;
    this.#worker.postMessage({ kind, id, given } satisfies ThreadRequest);
    return this.#answerTo(id);
  }

  /** Ends it; whoever calls has waited for what was asked for. @throws `flush_failed` when closing the engine fails */
  async close(): Promise<void> {
    if (this.#end !== undefined) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#worker.once('error', (error: Error) => reject(flushFailed(error.message, error)));
    this.#worker.once('exit', () => resolve());
    this.#worker.ref();
    this.#worker.postMessage({ kind: 'close' } satisfies ThreadRequest);
    await promise;
  }

  async #answerTo(id: number): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#worker.ref();
    try {
      return await answer.promise;
    } finally {
      this.#waiting.delete(id);
      // The journal keeps everything, so an idle thread must not keep the process alive.
      if (this.#waiting.size === 0) this.#worker.unref();
    }
  }

  #answered(reply: ThreadReply): void {
    const answer = this.#waiting.get(reply.kind === 'ready' ? READY : reply.id);
    if (reply.kind === 'failed') answer?.reject(asFailure(reply.code, reply.message));
    else answer?.resolve(reply.kind === 'done' ? reply.answer : undefined);
  }

  #over(why: ArchetypeError): void {
    this.#end ??= why;
    for (const answer of this.#waiting.values()) answer.reject(this.#end);
    this.#ended.resolve();
  }
}

/** Requests count from 1. */
const READY = 0;
