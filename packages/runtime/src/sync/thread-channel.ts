import { ArchetypeError, type Logger } from '@archetype/core';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
} from 'node:worker_threads';
import type { RuntimeStorage } from '../open-store.ts';
import {
  signals,
  SIGNALS,
  type Reply,
  type Request,
  type RequestName,
  type Requests,
  type ThreadData,
} from './requests.ts';
import { unpackError } from './wire-error.ts';

/** How long the thread is waited for before it is looked after, in ms. */
const LOOK_MS = 1000;
/** So many looks at a thread that does not turn, and it is held to be dead. */
const MAX_SILENT = 60;

/** The calling end of the store's thread: posts requests, and sleeps until they are answered. */
export class ThreadChannel {
  readonly #port: MessagePort;
  readonly #logger: Logger;
  readonly #signals = new Int32Array(new SharedArrayBuffer(SIGNALS * Int32Array.BYTES_PER_ELEMENT));
  readonly #replies = new Map<number, Extract<Reply, { readonly id: number }>>();
  /** Asked and not yet answered. */
  readonly #asked = new Set<number>();
  #failure: unknown;
  #next = 1;

  /** `logger` is given what the thread has to log. */
  constructor(storage: RuntimeStorage, logger: Logger) {
    this.#logger = logger;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const data: ThreadData = { port: port2, signals: this.#signals, storage };
    const typescript = import.meta.url.endsWith('.ts');
    const file = typescript ? './store-thread.ts' : './store-thread.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: data,
      transferList: [port2],
      execArgv: typescript
        ? ['--conditions=@archetype/source', '--disable-warning=ExperimentalWarning']
        : [],
      name: 'archetype-store',
    });
    // Whoever calls is told of it by the call; an event that nobody hears would end the process.
    worker.on('error', () => undefined);
    // The journal has every tick that was acknowledged, so the thread must not keep the process alive.
    worker.unref();
  }

  /** Asks, and goes on; `wait` gives the answer. */
  post<N extends RequestName>(
    name: N,
    given: Requests[N]['given'],
    moved: readonly ArrayBuffer[] = [],
  ): number {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#next++;
    this.#asked.add(id);
    this.#port.postMessage({ id, name, given } satisfies Request, moved);
    return id;
  }

  /** Whether `wait` would return at once. */
  settled(id: number): boolean {
    if (!this.#replies.has(id)) this.#receive();
    return this.#replies.has(id) || this.#failure !== undefined;
  }

  /** The answer. @throws what the request failed with; `storage_unavailable` when the thread is gone */
  wait(id: number): unknown {
    let [silent, beats] = [0, this.#load(signals.beats)];
    for (;;) {
      const seen = this.#load(signals.replies);
      const ended = this.#load(signals.ended) !== 0;
      this.#receive();
      const reply = this.#replies.get(id);
      if (reply !== undefined) {
        this.#replies.delete(id);
        this.#asked.delete(id);
        if (reply.kind === 'failed') throw unpackError(reply.error);
        return reply.answer;
      }
      if (ended || silent >= MAX_SILENT) this.#failure ??= gone(undefined);
      if (this.#failure !== undefined) throw this.#failure;
      if (Atomics.wait(this.#signals, signals.replies, seen, LOOK_MS) !== 'timed-out') continue;
      const now = this.#load(signals.beats);
      silent = now === beats ? silent + 1 : 0;
      beats = now;
    }
  }

  ask<N extends RequestName>(name: N, given: Requests[N]['given']): Requests[N]['answer'] {
    return this.wait(this.post(name, given)) as Requests[N]['answer'];
  }

  /** Asks, and does not listen to the answer. */
  tell<N extends RequestName>(name: N, given: Requests[N]['given']): void {
    this.#asked.delete(this.post(name, given));
  }

  /** Closes the store, and the thread with it. @throws what closing the store throws */
  close(): void {
    try {
      this.ask('close', undefined);
    } finally {
      this.#failure ??= new ArchetypeError(
        'store_closed',
        'The store is closed with its runtime; make a new runtime.',
      );
    }
  }

  /** Why nothing is answered any more. */
  get failure(): unknown {
    return this.#failure;
  }

  #load(signal: number): number {
    return Atomics.load(this.#signals, signal);
  }

  #receive(): void {
    for (;;) {
      const reply = receiveMessageOnPort(this.#port)?.message as Reply | undefined;
      if (reply === undefined) return;
      if (reply.kind === 'ending') this.#failure ??= gone(unpackError(reply.error));
      else if (reply.kind === 'log')
        this.#logger[reply.level](
          reply.message,
          reply.error === undefined ? {} : { error: unpackError(reply.error) },
        );
      else if (this.#asked.has(reply.id)) this.#replies.set(reply.id, reply);
    }
  }
}

const gone = (cause: unknown): ArchetypeError =>
  new ArchetypeError(
    'storage_unavailable',
    `The thread that holds the store ended${cause instanceof Error ? `: ${cause.message}` : '.'} Everything that was acknowledged is stored; make a new runtime and resume the worlds to go on.`,
    cause === undefined ? {} : { cause },
  );
