import { workerData, type MessagePort } from 'node:worker_threads';

/** The store's thread, which ends without a word in the middle of its work. */
await import('../../src/sync/store-thread.ts');
let requests = 0;
(workerData as { port: MessagePort }).port.on('message', () => {
  if (++requests === 12) process.exit(3);
});
