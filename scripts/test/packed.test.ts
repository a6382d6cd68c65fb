import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  checkIn,
  emptyProject,
  firstProgram,
  packAll,
  runIn,
  unpackInto,
  type Packed,
} from '../packed.ts';

let directory: string;
let packages: readonly Packed[];
let project: Awaited<ReturnType<typeof emptyProject>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'archetype-packed-'));
  packages = await packAll(directory);
  project = await emptyProject();
  await unpackInto(project.path, packages);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const resolutions = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];
const lib = ['es2024', 'esnext.disposable'];
const browser = { lib: [...lib, 'dom'], types: [] };
const pages = [
  { page: 'packages/core/README.md', ...browser },
  { page: 'README.md', lib, types: ['node'] },
];

test('a packed package holds its build, its sources, its README and its license, and nothing else', () => {
  for (const { manifest, files } of packages) {
    const others = files.filter((path) => !/^(dist|src)\/.+\.(js|ts)(\.map)?$/.test(path));
    expect(others.toSorted(), manifest.name).toEqual(['LICENSE', 'README.md', 'package.json']);
    for (const target of Object.values(manifest.exports).flatMap((entry) => Object.values(entry))) {
      expect(files, `${manifest.name} exports ${target}`).toContain(target.replace('./', ''));
    }
  }
});

test('a packed package says what a registry and a bundler need to know', () => {
  expect(packages.length).toBeGreaterThanOrEqual(5);
  for (const { manifest } of packages) {
    expect(manifest, manifest.name).toMatchObject({
      license: 'Apache-2.0',
      type: 'module',
      sideEffects: false,
      publishConfig: { access: 'public' },
      engines: { node: '>=24' },
    });
    expect(manifest.private).toBeUndefined();
    expect(Object.keys(manifest.exports['.']!)).toEqual(['@archetype/source', 'types', 'default']);
    const asked = Object.values(manifest.dependencies ?? {}).join(' ');
    expect(asked, manifest.name).not.toMatch(/workspace:|catalog:|link:|file:/);
  }
});

describe('in an empty project', () => {
  test.each(pages)('the first program of $page runs on Node.js alone', async ({ page }) => {
    const { code, output } = await firstProgram(page);
    expect(await runIn(project.path, code)).toBe(output);
  });

  const checks = pages.flatMap((given) => resolutions.map((how) => ({ ...given, ...how })));
  test.each(checks)('the first program of $page checks with $moduleResolution', async (given) => {
    const { page, ...how } = given;
    const { code } = await firstProgram(page);
    expect(await checkIn(project.path, code, how)).toBe('');
  });

  test.each(resolutions)('a mistake is refused with $moduleResolution', async (how) => {
    const mistake =
      "import { defineComponent, f64 } from '@archetype/core';\ndefineComponent('A', { x: f64(0) })({ x: 'one' });\n";
    expect(await checkIn(project.path, mistake, { ...how, ...browser })).toContain(
      "Type 'string' is not assignable to type 'number'",
    );
  });
});
