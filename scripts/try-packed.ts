// Packs every package, installs them with npm in an empty project, and runs the first program of each README there:
// what a user gets after a release. Needs the registry; scripts/test/packed.test.ts holds the rest without one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyProject, firstProgram, installInto, packAll, runIn } from './packed.ts';

const directory = await mkdtemp(join(tmpdir(), 'archetype-packed-'));
try {
  await using project = await emptyProject();
  const packages = await packAll(directory);
  await installInto(project.path, packages);
  console.log(`Installed ${packages.map(({ manifest }) => manifest.name).join(', ')}.`);
  for (const page of ['packages/core/README.md', 'README.md']) {
    const { code, output } = await firstProgram(page);
    const printed = await runIn(project.path, code);
    if (printed !== output) throw new Error(`The first program of ${page} printed:\n${printed}`);
    console.log(`The first program of ${page} printed what the page says.`);
  }
} finally {
  await rm(directory, { recursive: true });
}
