import { parseArgs } from 'node:util';
import { ids, load } from './benchmark.ts';
import { isMet, line } from './figure.ts';
import { inProcess } from './in-process.ts';
import { keep, type Result } from './results.ts';

async function help(): Promise<string> {
  const titles = await Promise.all(
    ids.map(async (id) => `  ${id.padEnd(4)} ${(await load(id)).title}`),
  );
  return `pnpm bench [ids…]

Prints each figure, its yardstick from the same run, the ratio and the bar, and writes them to bench/results: a median of
several rounds in which both take turns. Each benchmark runs in a process of its own, one after the other, so that they do
not disturb each other, and counts only after its result was found right.

${titles.join('\n')}`;
}

async function runAll(wanted: readonly string[]): Promise<void> {
  const results: Result[] = [];
  let table = '';
  const say = (text: string): void => {
    console.log(text);
    table += `${text}\n`;
  };
  for (const id of wanted) {
    say(`\n${id}  ${(await load(id)).title}`);
    try {
      for await (const figure of inProcess(id)) {
        say(line(figure));
        results.push({ id, ...figure, met: isMet(figure) });
      }
    } catch (error) {
      // The others go on; what it said itself stands above.
      say((error as Error).message);
      process.exitCode = 1;
    }
  }
  const met = results.filter((result) => result.met).length;
  say(`\n${met} of ${results.length} bars met.`);
  console.log(`Kept in ${await keep(results, table)} and beside it as JSON.`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h' } },
});
const wanted = positionals.map((id) => id.toUpperCase());
const unknown = wanted.filter((id) => !ids.includes(id));
if (values.help === true) console.log(await help());
else if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${ids.join(', ')}.`);
  process.exitCode = 2;
} else await runAll(wanted.length === 0 ? ids : wanted);
