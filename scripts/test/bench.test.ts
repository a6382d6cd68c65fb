import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const bench = join(import.meta.dirname, '..', '..', 'bench');
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['--conditions=@archetype/source', join(bench, 'run.ts'), ...args], {
    encoding: 'utf8',
  });

test('the help of the benchmarks names every one of them', () => {
  const { stdout, status } = run('--help');
  expect(status).toBe(0);
  for (const file of readdirSync(join(bench, 'benchmarks'))) {
    const id = file.split('-')[0]!.toUpperCase();
    expect(stdout).toMatch(new RegExp(`^ {2}${id} +\\S.+$`, 'm'));
  }
});

test('a benchmark that does not exist is refused before any runs', () => {
  const { stderr, stdout, status } = run('B1', 'B99');
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^There is no benchmark B99; there are B1, B2, .*\.\n$/);
});
