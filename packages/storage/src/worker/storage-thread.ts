import { ArchetypeError } from '@archetype/core';
import { parentPort, workerData } from 'node:worker_threads';
import { openOperations } from './operations.ts';
import type { ThreadData, ThreadReply, ThreadRequest } from './requests.ts';

/** The thread that flushes, merges, thins and checks, so that ticks never wait for an engine. */
const port = parentPort!;
const operations = await openOperations(workerData as ThreadData);

port.on('message', (request: ThreadRequest) => {
  void answer(request);
});
port.postMessage({ kind: 'ready' } satisfies ThreadReply);

async function answer(request: ThreadRequest): Promise<void> {
  if (request.kind === 'close') {
    await operations.close();
    port.close();
    return;
  }
  try {
    const done = await operations.run(request.kind, request.given as never);
    port.postMessage({ kind: 'done', id: request.id, answer: done } satisfies ThreadReply);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof ArchetypeError ? error.code : undefined;
    port.postMessage({ kind: 'failed', id: request.id, code, message } satisfies ThreadReply);
  }
}
