import { writeSync } from 'node:fs';

const at = Number(process.env['DIE_AT'] ?? Number.NaN);
const shared = new Map<string, number>();

/** Counts steps of this thread; at the one it was told, the process dies as by `kill -9`. */
export function step(what: string): void {
  const count = (shared.get('steps') ?? 0) + 1;
  shared.set('steps', count);
  if (count === at) process.kill(process.pid, 'SIGKILL');
  if (Number.isNaN(at)) writeSync(2, `step ${count} ${what}\n`);
}
