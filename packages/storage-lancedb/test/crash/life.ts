import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { names, type Name } from './script.ts';
import { nodeArguments } from '../node-arguments.ts';

export interface Death {
  /** A step of a thread, as `storage 7`: the process dies there. */
  readonly at?: string | undefined;
  readonly afterMs?: number;
  /** Where syncs are recorded; each of them is a step too then. */
  readonly syncLog?: string;
}

/** How a process that played the script ended, what it had acknowledged, and its steps if it was not to die. */
interface Life {
  readonly acknowledged: ReadonlyMap<Name, number>;
  /** `thread number what`, in order. */
  readonly steps: readonly string[];
  readonly done: boolean;
  readonly errors: readonly string[];
}

/** Plays the script in a process of its own. */
export async function live(
  directory: string,
  { at, afterMs, syncLog }: Death = {},
  script = new URL('child.ts', import.meta.url),
): Promise<Life> {
  const writer = spawn(process.execPath, [...nodeArguments, fileURLToPath(script), directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(at !== undefined && { DIE_AT: at }),
      ...(syncLog !== undefined && { SYNC_LOG: syncLog }),
    },
  });
  const acknowledged = new Map<Name, number>();
  const steps: string[] = [];
  let done = false;
  const errors: string[] = [];
  const out = createInterface({ input: writer.stdout });
  const err = createInterface({ input: writer.stderr });
  out.on('line', (line) => {
    if (line === 'done') done = true;
    const [name, tick] = line.split(' ');
    if (names.includes(name as Name)) acknowledged.set(name as Name, Number(tick));
  });
  err.on('line', (line) => {
    if (line.startsWith('step ')) steps.push(line.slice('step '.length));
    else errors.push(line);
  });
  if (afterMs !== undefined) void delay(afterMs).then(() => writer.kill('SIGKILL'));
  await Promise.all([
    new Promise((resolve) => writer.on('close', resolve)),
    new Promise((resolve) => out.on('close', resolve)),
  ]);
  return { acknowledged, steps, done, errors };
}

/** Of a step as `live` gives it, what a process is told to die at it. */
export const placeOf = (step: string): string => step.split(' ').slice(0, 2).join(' ');
