import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { linkTree } from '../src/link-tree.ts';

async function directoryIn(parent: string): Promise<string> {
  const path = await mkdtemp(join(parent, 'archetype link é '));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function tree(): Promise<string> {
  const from = join(await directoryIn(tmpdir()), 'from');
  await mkdir(join(from, 'data', 'empty'), { recursive: true });
  await writeFile(join(from, 'a'), 'one');
  await writeFile(join(from, 'data', 'b'), 'two');
  return from;
}

async function expectTree(to: string): Promise<void> {
  expect((await readdir(to, { recursive: true })).toSorted()).toEqual([
    'a',
    'data',
    join('data', 'b'),
    join('data', 'empty'),
  ]);
  expect(await readFile(join(to, 'a'), 'utf8')).toBe('one');
  expect(await readFile(join(to, 'data', 'b'), 'utf8')).toBe('two');
}

test('files get a second name, and stay when the first one goes', async () => {
  const from = await tree();
  const to = join(from, '..', 'to');
  await linkTree(from, to);
  expect((await stat(join(to, 'data', 'b'))).ino).toBe((await stat(join(from, 'data', 'b'))).ino);
  await rm(from, { recursive: true });
  await expectTree(to);
});

// Two file systems: a file of one has no name in the other.
const elsewhere = '/dev/shm';
const apart = await Promise.all([stat(tmpdir()), stat(elsewhere)]).then(
  ([here, there]) => here.dev !== there.dev,
  () => false,
);
test.runIf(apart)('files are copied where they cannot have a second name', async () => {
  const from = await tree();
  const to = join(await directoryIn(elsewhere), 'to');
  await linkTree(from, to);
  await expectTree(to);
});

test('a place that is taken is told', async () => {
  const from = await tree();
  await expect(linkTree(from, from)).rejects.toThrow('EEXIST');
});
