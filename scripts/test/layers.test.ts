import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkLayers } from '../layers.ts';

const root = join(import.meta.dirname, '..', '..');

test.each([
  [
    'packages/core/src/schema/a.ts',
    "import { x } from '../tick/tick.ts';",
    'schema comes before tick',
  ],
  [
    'packages/core/src/tick/a.ts',
    "import type { x } from '../store/store.ts';",
    'tick comes beside store',
  ],
  [
    'packages/core/src/frame/show.ts',
    "import * as arrow from 'apache-arrow';",
    'only packages/core/src/frame/arrow.ts',
  ],
  [
    'packages/storage/src/a.ts',
    "import { Table } from 'apache-arrow';",
    'only packages/core/src/frame/arrow.ts',
  ],
  [
    'packages/core/src/world/a.ts',
    "import { readFile } from 'node:fs/promises';",
    'no Node built-ins',
  ],
  ['packages/core/src/world/a.ts', "import fs from 'fs';", 'no Node built-ins'],
  [
    'packages/core/src/world/a.ts',
    "import { a } from '@archetype/storage';",
    'core may import no other package',
  ],
  [
    'packages/storage-lancedb/src/a.ts',
    "import {\n  a,\n} from '@archetype/storage-testkit';",
    'storage-lancedb may import core, storage',
  ],
  [
    'packages/storage/src/a.ts',
    "const a = await import('@archetype/runtime');",
    'storage may import core',
  ],
  [
    'packages/runtime/src/a.ts',
    "import { a } from '../../core/src/index.ts';",
    'must stay in its package',
  ],
  ['packages/core/src/news/a.ts', "import { a } from '../schema/field.ts';", 'has its place'],
  [
    'packages/app/src/audit/a.ts',
    "import type { a } from '../gate/gate.ts';",
    'audit comes before gate',
  ],
])('%s must not say: %s', (path, text, message) => {
  const [problem] = checkLayers([{ path, text }]);
  expect(problem).toContain(`${path}:`);
  expect(problem).toContain(message);
});

test('the tree as it is passes', () => {
  const output = execFileSync(process.execPath, [join(root, 'scripts', 'check-layers.ts')], {
    encoding: 'utf8',
  });
  expect(output).toMatch(/^layers: \d{3} files/);
});

test('a cycle of imports is refused by the linter', () => {
  const directory = mkdtempSync(join(tmpdir(), 'archetype-cycle-'));
  try {
    copyFileSync(join(root, '.oxlintrc.json'), join(directory, '.oxlintrc.json'));
    writeFileSync(
      join(directory, 'a.ts'),
      "import { b } from './b.ts';\nexport const a = () => b;\n",
    );
    writeFileSync(
      join(directory, 'b.ts'),
      "import { a } from './a.ts';\nexport const b = () => a;\n",
    );
    const require = createRequire(join(root, 'package.json'));
    const bin = join(require.resolve('oxlint/package.json'), '..', 'bin', 'oxlint');
    const { status, stdout } = spawnSync(
      process.execPath,
      [bin, '--disable-nested-config', '-c', '.oxlintrc.json', '.'],
      { cwd: directory, encoding: 'utf8' },
    );
    expect(stdout).toContain('no-cycle');
    expect(status).not.toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
