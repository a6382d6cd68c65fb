import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Figure } from './figure.ts';

export type Result = Figure & { readonly id: string; readonly met: boolean };

/** Keeps a run's figures and what was printed of them, under the day on which it ran; gives the path of the table. */
export async function keep(results: readonly Result[], table: string): Promise<string> {
  const directory = new URL('results/', import.meta.url);
  await mkdir(directory, { recursive: true });
  const day = new Date().toISOString().slice(0, 10);
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  const json = `${JSON.stringify({ machine, results }, undefined, 2)}\n`;
  await writeFile(new URL(`${day}.json`, directory), json);
  await writeFile(new URL(`${day}.txt`, directory), table);
  return `bench/results/${day}.txt`;
}
