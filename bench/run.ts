import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchmark as b1 } from './benchmarks/b1-movement.ts';
import { benchmark as b11 } from './benchmarks/b11-memory.ts';
import { benchmark as b2 } from './benchmarks/b2-chain.ts';
import { benchmark as b3 } from './benchmarks/b3-durable-run.ts';
import { benchmark as b7 } from './benchmarks/b7-fork.ts';
import { benchmark as b8 } from './benchmarks/b8-churn.ts';
import { isMet, line, type Benchmark, type Figure } from './measure.ts';

const benchmarks: readonly Benchmark[] = [b1, b2, b3, b7, b8, b11];

const help = `pnpm bench [ids…]

Prints each figure, its yardstick from the same run, the ratio and the bar, and writes them to bench/results. Each
benchmark runs in a process of its own, and counts only after its result was found right.

${benchmarks.map(({ id, title }) => `  ${id.padEnd(4)} ${title}`).join('\n')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean' }, only: { type: 'string' } },
});

/** The figures of a benchmark that another process runs, as they come. */
async function* inProcess({ id }: Benchmark): AsyncIterable<Figure> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', fileURLToPath(import.meta.url), '--only', id],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  child.once('exit', resolve);
  for await (const text of createInterface(child.stdout)) yield JSON.parse(text) as Figure;
  if ((await ended) !== 0) throw new Error(`${id} failed; what it said is above.`);
}

async function all(wanted: readonly Benchmark[]): Promise<void> {
  const results: (Figure & { readonly id: string; readonly met: boolean })[] = [];
  for (const benchmark of wanted) {
    console.log(`\n${benchmark.id}  ${benchmark.title}`);
    for await (const figure of inProcess(benchmark)) {
      console.log(line(figure));
      results.push({ id: benchmark.id, ...figure, met: isMet(figure) });
    }
  }
  const missed = results.filter(({ met }) => !met).length;
  console.log(`\n${results.length - missed} of ${results.length} bars met.`);
  const directory = new URL('results/', import.meta.url);
  await mkdir(directory, { recursive: true });
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  const file = new URL(`${new Date().toISOString().slice(0, 10)}.json`, directory);
  await writeFile(file, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
}

const byId = (id: string): Benchmark => {
  const found = benchmarks.find((benchmark) => benchmark.id === id.toUpperCase());
  if (found !== undefined) return found;
  console.error(
    `There is no benchmark ${id}; there are ${benchmarks.map((one) => one.id).join(', ')}.`,
  );
  process.exit(2);
};

if (values.help === true) console.log(help);
else if (values.only !== undefined) {
  for await (const figure of byId(values.only).run()) console.log(JSON.stringify(figure));
} else await all(positionals.length === 0 ? benchmarks : positionals.map(byId));
