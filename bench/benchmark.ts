import { globSync } from 'node:fs';
import type { Figure } from './figure.ts';

/** What a file of bench/benchmarks exports as `benchmark`; its id stands before the first dash of the file's name. */
export interface Benchmark {
  readonly title: string;
  run(): AsyncIterable<Figure>;
}

const files = new Map(
  globSync('benchmarks/b*-*.ts', { cwd: import.meta.dirname }).map((file) => [
    /b\d+/.exec(file.slice('benchmarks/'.length))![0].toUpperCase(),
    file,
  ]),
);

/** Of every file in bench/benchmarks, in the order of their numbers. */
export const ids: readonly string[] = [...files.keys()].toSorted(
  (a, b) => Number(a.slice(1)) - Number(b.slice(1)),
);

export async function load(id: string): Promise<Benchmark> {
  const module = (await import(new URL(files.get(id)!, import.meta.url).href)) as {
    readonly benchmark: Benchmark;
  };
  return module.benchmark;
}
