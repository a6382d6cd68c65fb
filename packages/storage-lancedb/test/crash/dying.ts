import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const at = process.env['DIE_AT'];
const thread = isMainThread ? 'main' : 'storage';
const counts = new Map<string, number>();

/** Counts steps of this thread; at the one it was told, the process dies as by `kill -9`. */
export function step(what: string): void {
  const count = (counts.get(thread) ?? 0) + 1;
  counts.set(thread, count);
  if (`${thread} ${count}` === at) process.kill(process.pid, 'SIGKILL');
  if (at === undefined) writeSync(2, `step ${thread} ${count} ${what}\n`);
}
