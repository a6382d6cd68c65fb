import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const fixtures = join(import.meta.dirname, 'fixtures');
const tsc = join(
  createRequire(import.meta.url).resolve('typescript/package.json'),
  '..',
  'bin',
  'tsc',
);

test('each promised mistake at the gate is refused where it stands, and nothing else is', async () => {
  const lines = (await readFile(join(fixtures, 'mistakes.ts'), 'utf8')).split('\n');
  const expected = lines.flatMap((line, k) => {
    const message = /^\s*\/\/ error: (.*)$/.exec(line)?.[1];
    return message === undefined ? [] : [{ line: k + 2, message }];
  });
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [tsc, '-p', fixtures, '--pretty', 'false'],
      { maxBuffer: 1 << 26 },
      (_error, stdout) => resolve(stdout),
    );
  });
  const reported = output.split('\n').flatMap((line) => {
    const found = /mistakes\.ts\((\d+),\d+\): error TS\d+: (.*)$/.exec(line);
    return found === null ? [] : [{ line: Number(found[1]), message: found[2]! }];
  });
  expect(expected.length).toBeGreaterThan(10);
  for (const { line, message } of expected) {
    const at = reported.filter((error) => error.line === line).map((error) => error.message);
    expect(at.join('\n'), `line ${line}: ${lines[line - 1]}`).toContain(message);
  }
  expect(reported.filter(({ line }) => !expected.some((one) => one.line === line))).toEqual([]);
});
