import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Figure } from './figure.ts';

/**
 * The figures of a benchmark as they come, from a process of its own: what one leaves in the heap, in the compiler or in
 * resident memory is not there for the next.
 */
export async function* inProcess(id: string): AsyncIterable<Figure> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, 'one.ts'), id],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  for await (const text of createInterface(child.stdout)) yield JSON.parse(text) as Figure;
  const [code] = await ended;
  if (code !== 0) throw new Error(`${id} failed with exit code ${code}.`);
}
