import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The examples of a folder, by name. */
export const examplesIn = (folder: string): readonly string[] =>
  globSync('*/src/main.ts', { cwd: folder })
    .map((main) => main.split(/[\\/]/)[0]!)
    .toSorted();

/** Runs an example in an empty directory, so that nothing is left behind; gives its exit code. */
export async function runExample(folder: string, name: string): Promise<number> {
  const cwd = await mkdtemp(join(tmpdir(), 'archetype-example-'));
  try {
    const main = join(folder, name, 'src', 'main.ts');
    const child = spawn(process.execPath, [main], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await rm(cwd, { recursive: true });
  }
}
