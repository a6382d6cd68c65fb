import { ArchetypeError } from '@archetype/core';
import { Worker } from 'node:worker_threads';
import type { TableStoreSource } from '../table-store.ts';
import type { FlushedRuns } from './flush-segment.ts';

export interface FlushWorkerData {
  /** The journal's directory. */
  readonly journal: string;
  readonly catalogPath: string;
  readonly source: TableStoreSource;
  /** Where parts are. */
  readonly location: string;
}
export type FlushRequest =
  | {
      readonly kind: 'flush';
      readonly segment: string;
      readonly aborted: readonly { readonly from: number; readonly to: number }[];
    }
  | { readonly kind: 'close' };
export type FlushReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'flushed'; readonly segment: string; readonly runs: FlushedRuns }
  | { readonly kind: 'failed'; readonly segment: string; readonly message: string };

/** Sends sealed segments to the worker, one at a time; the worker starts with the first of them. */
export class Flusher {
  readonly #data: FlushWorkerData;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(data: FlushWorkerData) {
    this.#data = data;
  }

  /** Resolves when the segment's rows are in listed parts. @throws `flush_failed` */
  flush(
    segment: string,
    aborted: readonly { readonly from: number; readonly to: number }[],
  ): Promise<FlushedRuns> {
    const result = this.#last.then(() => this.#ask({ kind: 'flush', segment, aborted }));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Waits for what was asked for, then ends the worker. */
  async close(): Promise<void> {
    await this.#last;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.once('exit', () => resolve());
    worker.ref();
    worker.postMessage({ kind: 'close' } satisfies FlushRequest);
    await promise;
  }

  async #ask(request: Extract<FlushRequest, { kind: 'flush' }>): Promise<FlushedRuns> {
    const worker = (this.#worker ??= await this.#start());
    worker.ref();
    try {
      const reply = await replyOf(worker, () => worker.postMessage(request));
      if (reply.kind === 'flushed') return reply.runs;
      throw failed(reply.kind === 'failed' ? reply.message : 'the flusher answered out of turn.');
    } catch (error) {
      // A worker that died is replaced at the next try.
      if (worker.threadId === -1) this.#worker = undefined;
      throw error;
    } finally {
      // The journal keeps everything, so an idle flusher must not keep the process alive.
      worker.unref();
    }
  }

  async #start(): Promise<Worker> {
    const typescript = import.meta.url.endsWith('.ts');
    const file = new URL(typescript ? './flush-worker.ts' : './flush-worker.js', import.meta.url);
    const execArgv = typescript
      ? ['--conditions=@archetype/source', '--disable-warning=ExperimentalWarning']
      : [];
    const worker = new Worker(file, {
      workerData: this.#data,
      execArgv,
      name: 'archetype-flusher',
    });
    await replyOf(worker, () => undefined);
    return worker;
  }
}

function replyOf(worker: Worker, ask: () => void): Promise<FlushReply> {
  const { promise, resolve, reject } = Promise.withResolvers<FlushReply>();
  const onMessage = (reply: FlushReply): void => resolve(reply);
  const onError = (error: Error): void => reject(failed(error.message, error));
  const onExit = (code: number): void => reject(failed(`its thread ended with code ${code}.`));
  worker.once('message', onMessage).once('error', onError).once('exit', onExit);
  ask();
  return promise.finally(() => {
    worker.off('message', onMessage).off('error', onError).off('exit', onExit);
  });
}

const failed = (why: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'flush_failed',
    `Moving committed ticks from the journal into parts failed: ${why} Nothing is lost: they stay in the journal, and the move is tried again.`,
    { cause },
  );
