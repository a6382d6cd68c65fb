import { defineComponent, defineProcessor, f64, Worlds } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const Position = defineComponent('Position', { x: f64(0) });
const walk = defineProcessor({
  name: 'walk',
  components: [Position],
  process: (df) => df.withColumns((c) => ({ position__x: c.position.x.add(1) })),
});

/** The store's directory after five ticks that are still in the journal, as a killed process leaves it. */
async function killed(): Promise<string> {
  const [live, directory] = await Promise.all(
    [0, 1].map(() => mkdtemp(join(tmpdir(), 'archetype damage '))),
  );
  onTestFinished(() =>
    Promise.all([live!, directory!].map((path) => rm(path, { recursive: true, force: true }))).then(
      () => undefined,
    ),
  );
  const store = await openDurableStore({ directory: live!, tables: lancedb });
  const world = new Worlds(store).create('w', { processors: [walk] }, { seed: 1 });
  world.spawn(Position());
  for (let tick = 1; tick < 5; tick++) await world.step();
  await cp(live!, directory!, { recursive: true });
  await store.close();
  return directory!;
}

test('a tick lost to a damaged journal is named, before and after it was flushed; the others are whole', async () => {
  const directory = await killed();
  const [name] = (await readdir(join(directory, 'journal'))).toSorted();
  const file = join(directory, 'journal', name!);
  const bytes = await readFile(file);
  let at = 64;
  const commits: number[] = [];
  while (at < bytes.length) {
    if (bytes[at + 4] === 2) commits.push(at);
    at += 32 + bytes.readUInt32LE(at + 16);
  }
  expect(commits).toHaveLength(5);
  bytes[commits[2]! + 60]! ^= 4;
  await writeFile(file, bytes);
  for (const life of ['from the journal', 'from parts']) {
    const store = await openDurableStore({ directory, tables: lancedb });
    const reader = await new Worlds(store).attach('w');
    const xs = async (from: number, to: number) => [
      ...(await reader.query([Position], { ticks: { from, to } })).column('position__x'),
    ];
    expect(await xs(0, 1), life).toEqual([0, 1]);
    expect(await xs(3, 4), life).toEqual([3, 4]);
    await expect(xs(0, 4), life).rejects.toMatchObject({
      code: 'tick_damaged',
      message: expect.stringContaining('Tick 2'),
    });
    await store.close();
  }
  const store = await openDurableStore({ directory, tables: lancedb });
  const world = await new Worlds(store).resume('w', { processors: [walk] });
  await world.step();
  expect([...(await world.query([Position])).column('position__x')]).toEqual([5]);
  await store.close();
});

test('a segment that is damaged before it is flushed loses nothing without a word: the flush is refused, the ticks can be read, and opening says what is lost', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'archetype damage '));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const store = await openDurableStore({ directory, tables: lancedb });
  const world = new Worlds(store).create('w', { processors: [walk] }, { seed: 1 });
  world.spawn(Position());
  for (let tick = 1; tick < 5; tick++) await world.step();
  const [name] = (await readdir(join(directory, 'journal'))).toSorted();
  const file = join(directory, 'journal', name!);
  const bytes = await readFile(file);
  // Inside the last tick but one.
  bytes[bytes.lastIndexOf('FRAM') - 8]! ^= 4;
  await writeFile(file, bytes);
  await expect(store.flush()).rejects.toMatchObject({
    code: 'flush_failed',
    message: expect.stringMatching(/^Journal segment .* was damaged .* still in memory/),
  });
  const xs = (await world.query([Position], { ticks: 'all' })).column('position__x');
  expect([...xs]).toEqual([0, 1, 2, 3, 4]);
  await expect(store.close()).rejects.toMatchObject({ code: 'close_failed' });
  await using again = await openDurableStore({ directory, tables: lancedb });
  expect(again.health().damaged).toHaveLength(1);
  expect(again.health().lostTicks).toMatchObject([{ name: 'w', ticks: [3] }]);
  const reader = await new Worlds(again).attach('w');
  expect([...(await reader.query([Position])).column('position__x')]).toEqual([4]);
});
