import { ArchetypeRuntime } from '@archetype/runtime';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeArguments } from './temporary.ts';

const script = join(import.meta.dirname, 'child', 'log.ts');

async function said(variable: string | undefined, option?: string) {
  const { ARCHETYPE_LOG: _, ...env } = process.env;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...nodeArguments, script, ...(option === undefined ? [] : [option])],
    { env: { ...env, ...(variable !== undefined && { ARCHETYPE_LOG: variable }) } },
  );
  const levels = stderr.split('\n').flatMap((line) => /^archetype (\w+): a/.exec(line)?.[1] ?? []);
  return { stdout, levels };
}

test.each([
  [undefined, undefined, ['warn', 'error']],
  ['debug', undefined, ['debug', 'info', 'warn', 'error']],
  ['', undefined, ['warn', 'error']],
  ['debug', 'error', ['error']],
  [undefined, 'silent', []],
])(
  'with ARCHETYPE_LOG %j and log %j, %j is said on standard error, and nothing on standard output',
  async (variable, option, levels) => {
    expect(await said(variable, option)).toEqual({ stdout: '', levels });
  },
);

test('a level that there is not is refused', () => {
  expect(() => new ArchetypeRuntime({ log: 'loud' as never })).toThrow(
    /log was "loud"; use one of/,
  );
});
