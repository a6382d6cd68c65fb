import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'archetype runtime é '));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Arguments with which Node runs a TypeScript file against the packages' sources, and V8 as this process was told to run. */
export const nodeArguments = [
  ...process.execArgv.filter((argument) =>
    /^--(no-memory-protection-keys|wasm-wrapper-tiering-budget=)/.test(argument),
  ),
  '--conditions=@archetype/source',
  '--disable-warning=ExperimentalWarning',
];
