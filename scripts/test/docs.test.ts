import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

interface Block {
  readonly line: number;
  readonly code: string;
  /** What it must print, where the page says so. */
  readonly output: string | undefined;
}

/** Blocks fenced with `ts` alone, each with the `text` block that follows it. */
function blocksOf(markdown: string): readonly Block[] {
  const fences = [...markdown.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)];
  return fences.flatMap((fence, k) => {
    if (fence[1] !== 'ts') return [];
    const next = fences[k + 1];
    const line = markdown.slice(0, fence.index).split('\n').length;
    return [{ line, code: fence[2]!, output: next?.[1] === 'text' ? next[2] : undefined }];
  });
}

const pages = [
  'README.md',
  ...globSync('{packages/*,docs/**,examples/*}/*.md', { cwd: root }),
  ...globSync('docs/*.md', { cwd: root }),
];

/** From where each page's programs find the packages that they import. */
const besides = [
  ['packages/core', 'packages/core'],
  ['packages/app', 'examples/cartpole'],
  ['docs/gate.md', 'examples/cartpole'],
  ['', 'examples/quickstart'],
] as const;

describe('every code block of the docs runs and prints what the page says', () => {
  for (const page of new Set(pages)) {
    for (const block of blocksOf(readFileSync(join(root, page), 'utf8'))) {
      test(`${page}, line ${block.line}`, async () => {
        // Beside an example, so that the workspace's packages are found; run elsewhere, so that nothing is left here.
        const beside = besides.find(([folder]) => page.startsWith(folder))![1];
        const folder = await mkdtemp(join(root, beside, '.snippet-'));
        const cwd = await mkdtemp(join(tmpdir(), 'archetype-docs-'));
        try {
          const file = join(folder, 'snippet.ts');
          await writeFile(file, block.code);
          const { stdout } = await run(process.execPath, ['--conditions=@archetype/source', file], {
            cwd,
          });
          expect(stdout).toBe(block.output ?? stdout);
        } finally {
          await rm(folder, { recursive: true });
          await rm(cwd, { recursive: true });
        }
      });
    }
  }
});

test('the README shows what npm start prints', async () => {
  const main = join(root, 'examples', 'air-network-epidemic', 'src', 'main.ts');
  const cwd = await mkdtemp(join(tmpdir(), 'archetype-docs-'));
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@archetype/source', main, '--memory'],
    { cwd },
  );
  await rm(cwd, { recursive: true });
  const shown = /^```\n(305 airports .*?)^```$/ms.exec(
    readFileSync(join(root, 'README.md'), 'utf8'),
  )![1]!;
  expect(stdout.startsWith(shown)).toBe(true);
});
