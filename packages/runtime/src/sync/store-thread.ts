import { workerData } from 'node:worker_threads';
import { signals, type Reply, type ThreadData } from './requests.ts';
import { packError } from './wire-error.ts';

/** The thread that holds the store of a runtime that does not await. */
const { port, signals: memory, storage } = workerData as ThreadData;

// The calling thread sleeps and hears no event, so it is told of the end by memory that both see.
process.on('uncaughtExceptionMonitor', (error) => say(error));
process.on('exit', () => {
  Atomics.store(memory, signals.ended, 1);
  Atomics.add(memory, signals.replies, 1);
  Atomics.notify(memory, signals.replies);
});
setInterval(() => Atomics.add(memory, signals.beats, 1), 250).unref();

try {
  // Only here, so that a module that cannot be loaded is told of too.
  const { serveStore } = await import('./serve-store.ts');
  serveStore(port, memory, storage);
} catch (error) {
  say(error);
}

function say(error: unknown): void {
  port.postMessage({ id: undefined, kind: 'ending', error: packError(error) } satisfies Reply);
}
