import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundle, type Bundle } from './bundle.ts';
import { findChromium, visit } from './chromium.ts';
import { smallWorld } from './small-world.ts';

const here = import.meta.dirname;
let bundled: Bundle;
beforeAll(async () => {
  bundled = await bundle(join(here, 'page.ts'));
});

test('a bundle of core and all that it imports reaches no Node built-in', () => {
  expect(bundled.builtins).toEqual([]);
  expect(bundled.left).toEqual([]);
  // Core itself, apache-arrow, zod: the graph was walked.
  expect(bundled.modules).toBeGreaterThan(200);
});

test.each(['node:fs', 'path', 'fs/promises'])('an import of %s would be found', async (name) => {
  const directory = await mkdtemp(join(here, 'generated-'));
  try {
    await writeFile(join(directory, 'deep.ts'), `export * from '${name}';\n`);
    await writeFile(
      join(directory, 'entry.ts'),
      "import { MemoryStore } from '@archetype/core';\nimport * as deep from './deep.ts';\nconsole.log(MemoryStore, deep);\n",
    );
    const { builtins } = await bundle(join(directory, 'entry.ts'));
    expect(builtins).toEqual([`${join(directory, 'deep.ts')} -> ${name}`]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

const chromium = findChromium();
const reason =
  (process.env.CI ?? '') !== ''
    ? 'CI has no browser'
    : chromium === undefined
      ? 'no Chromium: install one, or name it in CHROME_PATH'
      : undefined;
if (reason !== undefined) console.log(`The tests in a browser are skipped: ${reason}.`);

describe.skipIf(reason !== undefined)('in headless Chromium', () => {
  test.each([
    ['a page', undefined, true],
    [
      'a page that forbids eval',
      "default-src 'none'; script-src 'self'; connect-src 'self'",
      false,
    ],
  ])('%s computes the same rows as Node.js', async (_, policy, generates) => {
    const report = await visit(chromium!, bundled.code, policy);
    const inNode = JSON.parse(JSON.stringify(await smallWorld())) as object;
    expect(report).toEqual({ generates, result: inNode });
    expect(inNode).toMatchObject({
      quickstart: [
        { tick: 0, position__x: 0, position__y: 0 },
        { tick: 1, position__x: 1, position__y: 2 },
        { tick: 2, position__x: 2, position__y: 4 },
        { tick: 3, position__x: 3, position__y: 6 },
      ],
      teams: [{ walkers: 66 }, { walkers: 34 }],
      copied: true,
    });
  });
});
