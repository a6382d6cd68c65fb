import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { examplesIn, runExample } from '../run-examples.ts';

test('an example that fails is told by its exit code, and leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'archetype-examples-'));
  const programs = {
    good: "import { writeFileSync } from 'node:fs';\nwriteFileSync('left', '');\n",
    bad: 'process.exit(3);\n',
    killed: "process.kill(process.pid, 'SIGKILL');\n",
  };
  try {
    for (const [name, program] of Object.entries(programs)) {
      await mkdir(join(folder, name, 'src'), { recursive: true });
      await writeFile(join(folder, name, 'src', 'main.ts'), program);
    }
    expect(examplesIn(folder)).toEqual(['bad', 'good', 'killed']);
    expect(await runExample(folder, 'good')).toBe(0);
    expect(await runExample(folder, 'bad')).toBe(3);
    expect(await runExample(folder, 'killed')).not.toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an example that does not exist is refused, and those that do are named', () => {
  const script = join(import.meta.dirname, '..', 'examples.ts');
  const { status, stderr } = spawnSync(process.execPath, [script, 'nonsense'], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^There is no example nonsense; there are .*quickstart, .*\.\n$/);
});
