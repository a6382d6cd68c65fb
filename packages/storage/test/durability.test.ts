import { Worlds } from '@archetype/core';
import { openDurableStore, type DurableStoreOptions } from '@archetype/storage';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FaultyFileSystem } from './journal/faulty-file-system.ts';
import { temporaryDirectory } from './journal/journal-in.ts';
import { brokenParts } from './records.ts';

const tables = brokenParts;
const quiet = { flushRows: 1e9, flushMb: 1e6, idleSec: 1e6 };

/** A store whose parts are never needed; it is left behind as a killed process leaves it, or taken over. */
const open = (directory: string, more: Partial<DurableStoreOptions> = {}) =>
  openDurableStore({ directory, tables, cache: quiet, ...more });

async function steps(fileSystem: FaultyFileSystem, settings: Partial<DurableStoreOptions>) {
  const directory = await temporaryDirectory();
  const store = await open(directory, { fileSystem, ...settings });
  const world = new Worlds(store).create('w', {}, { seed: 1 });
  world.spawn();
  await world.step();
  const before = fileSystem.syncs;
  for (let k = 0; k < 50; k++) await world.step();
  return { directory, store, world, syncs: fileSystem.syncs - before };
}

test('durable: each step that was waited for is synced', async () => {
  const { syncs } = await steps(new FaultyFileSystem(), {});
  expect(syncs).toBe(50);
});

test('relaxed: steps do not wait for syncs, and what was acknowledged is there when the process is gone', async () => {
  const fileSystem = new FaultyFileSystem();
  const { syncs, directory, world } = await steps(fileSystem, {
    durability: 'relaxed',
    syncDelayMs: 1,
  });
  expect(syncs).toBeLessThan(50);
  await expect.poll(() => fileSystem.syncs - syncs).toBeGreaterThan(0);
  const again = await open(directory, { takeOver: true });
  expect((await again.worlds())[0]!.newestTick).toBe(world.tick);
});

test('relaxed: a sync that fails is not forgotten', async () => {
  const counting = new FaultyFileSystem();
  await steps(counting, { durability: 'relaxed', syncDelayMs: 0 });
  let told = 0;
  for (let at = counting.calls - 8; at < counting.calls; at++) {
    const fileSystem = new FaultyFileSystem({ at: new Set([at]), kind: 'fail' });
    const { store } = await steps(fileSystem, { durability: 'relaxed', syncDelayMs: 0 }).catch(
      (error: { code: string }) => {
        expect(error.code).toMatch(/^commit_/);
        told++;
        return { store: undefined };
      },
    );
    if (store?.health().broken !== undefined) told++;
  }
  expect(told).toBeGreaterThan(0);
});

test('a delay lets steps of many worlds share a sync', async () => {
  const fileSystem = new FaultyFileSystem();
  const store = await open(await temporaryDirectory(), { fileSystem, syncDelayMs: 5 });
  const worlds = new Worlds(store);
  const all = Array.from({ length: 12 }, (_, k) => worlds.create(`w${k}`, {}, { seed: k }));
  all.forEach((world) => world.spawn());
  await Promise.all(all.map((world) => world.step()));
  const before = fileSystem.syncs;
  await Promise.all(all.map((world) => world.run({ steps: 5 })));
  expect(fileSystem.syncs - before).toBeLessThanOrEqual(10);
});

test.each<[string, Partial<DurableStoreOptions>, RegExp]>([
  ['an unknown durability', { durability: 'maybe' as never }, /durability was maybe/],
  ['a negative delay', { syncDelayMs: -1 }, /syncDelayMs was -1/],
  ['a delay that is no number', { syncDelayMs: Number.NaN }, /syncDelayMs was NaN/],
  ['a negative grace', { graceSec: -1 }, /graceSec was -1/],
  [
    'a retention of every 0 ticks',
    { retention: { olderThan: 1, every: 0 } },
    /retention.every was 0/,
  ],
  ['no rows', { cache: { flushRows: 0 } }, /cache.flushRows was 0/],
  ['a limit that is none', { cache: { flushRow: 1 } as never }, /cache.flushRow is no setting/],
])('%s is refused', async (_name, more, message) => {
  const directory = await temporaryDirectory();
  await expect(open(directory, more)).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringMatching(message),
  });
});

test.each([
  ['a file where the directory should be', 'file'],
  ['a directory where the catalog should be', 'catalog'],
  ['a catalog that is none', 'garbage'],
])('%s is named', async (_name, kind) => {
  const directory = join(await temporaryDirectory(), 'store');
  if (kind === 'file') await writeFile(directory, 'x');
  else if (kind === 'catalog') await mkdir(join(directory, 'catalog.db'), { recursive: true });
  else {
    await mkdir(directory);
    await writeFile(join(directory, 'catalog.db'), 'this is no database at all '.repeat(100));
  }
  await expect(open(directory)).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining(directory),
  });
});

test('a journal from another store is refused, and left as it is', async () => {
  const [mine, other] = [await temporaryDirectory(), await temporaryDirectory()];
  for (const directory of [mine, other]) {
    const world = new Worlds(await open(directory)).create('w', {}, { seed: 1 });
    world.spawn();
    await world.step();
  }
  const before = (await readdir(join(other, 'journal'))).toSorted();
  await rm(join(mine, 'journal'), { recursive: true });
  await cp(join(other, 'journal'), join(mine, 'journal'), { recursive: true });
  await expect(open(mine, { takeOver: true })).rejects.toMatchObject({ code: 'journal_foreign' });
  expect((await readdir(join(mine, 'journal'))).toSorted()).toEqual(before);
});

test('acknowledged ticks whose file is cut or gone: the store opens, says how many records are not there, and goes on', async () => {
  const { directory, world } = await steps(new FaultyFileSystem(), {});
  const name = (await readdir(join(directory, 'journal'))).find((file) => file.endsWith('.log'))!;
  const path = join(directory, 'journal', name);
  const bytes = await readFile(path);
  // The frame that begins last, and with it the last tick.
  const cut = bytes.lastIndexOf('FRAM');
  await writeFile(path, bytes.subarray(0, cut));
  await using again = await open(directory, { takeOver: true });
  expect(again.health().missingRecords).toBe(1);
  const resumed = await new Worlds(again).resume('w', {});
  expect(resumed.tick).toBe(world.tick - 1);
  await resumed.step();
  const third = await open(directory, { takeOver: true });
  expect(third.health().missingRecords).toBe(0);
  expect((await third.worlds())[0]!.newestTick).toBe(world.tick);
});
