import { workerData, type MessagePort } from 'node:worker_threads';

/** The store's thread, which ends in the middle of its work: without a word, or by an error that nobody catches. */
await import('../../src/sync/store-thread.ts');
let requests = 0;
(workerData as { port: MessagePort }).port.on('message', () => {
  if (++requests < 12) return;
  if (process.env['DYING'] === 'exit') process.exit(3);
  throw new Error('lightning');
});
