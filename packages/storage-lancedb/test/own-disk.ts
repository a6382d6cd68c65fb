import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './walkers.ts';
import { nodeArguments } from './node-arguments.ts';

/** A namespace of mounts of its own: the disk goes with the process, whatever becomes of it. */
const unshare = process.getuid?.() === 0 ? ['-m'] : ['-U', '-r', '-m'];
const mount = (size: string): string => `mount -t tmpfs -o size=${size} tmpfs "$0"`;

/** Why no small disk can be mounted here, if that is so. */
export const noDisk = ((): string | undefined => {
  if (process.platform !== 'linux') return `${process.platform} mounts no tmpfs`;
  const place = mkdtempSync(join(tmpdir(), 'archetype disk '));
  const tried = spawnSync('unshare', [...unshare, 'sh', '-c', mount('1m'), place]);
  rmSync(place, { recursive: true });
  if (tried.status === 0) return undefined;
  return `this system lets no tmpfs be mounted: ${String(tried.error ?? tried.stderr).trim()}`;
})();

/** Runs a script that is given the path of a disk of `size`, and answers the JSON that it prints. */
export async function onDisk(script: URL, size: string): Promise<unknown> {
  const place = await temporaryDirectory();
  return run('unshare', [
    ...unshare,
    'sh',
    '-c',
    `${mount(size)} && exec "$@"`,
    place,
    process.execPath,
    ...argumentsOf(script),
    place,
  ]);
}

export const argumentsOf = (script: URL): readonly string[] => [
  ...nodeArguments,
  fileURLToPath(script),
];

/** Runs a program to its end; answers the JSON that it prints. @throws with what it complained about */
export async function run(command: string, args: readonly string[]): Promise<unknown> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const read = async (stream: NodeJS.ReadableStream): Promise<string> => {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  const [out, complaints] = await Promise.all([read(child.stdout), read(child.stderr)]);
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`${command} printed "${out}" and complained: ${complaints}`);
  }
}
