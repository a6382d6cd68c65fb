import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { expect, test } from 'vitest';
import { temporaryDirectory, ticksOf, walkers } from './walkers.ts';

test('flushes that are asked for at once all succeed', async () => {
  const store = await openDurableStore({ directory: await temporaryDirectory(), tables: lancedb });
  const world = walkers(store, 'w', 3);
  for (let round = 0; round < 10; round++) {
    await world.step();
    await Promise.all([store.flush(), store.flush(), store.flush()]);
  }
  expect(store.health()).toMatchObject({ waitingBytes: 0, failures: 0 });
  expect(await ticksOf(store, 'w', 3, { from: 0, to: 10 })).toHaveLength(11);
  await store.close();
});

test('a flush ends although a writer keeps the flusher busy', async () => {
  const directory = await temporaryDirectory();
  const cache = { flushRows: 60, idleSec: 1000 };
  const store = await openDurableStore({ directory, tables: lancedb, cache });
  const world = walkers(store, 'w', 3);
  let over = false;
  const writing = (async () => {
    while (!over) await world.step();
  })();
  await expect.poll(() => store.health().parts, { timeout: 10_000 }).toBeGreaterThan(8);
  await store.flush().finally(() => (over = true));
  await writing;
  expect(store.health().failures).toBe(0);
  await store.close();
}, 60_000);

test('several worlds together keep to the memory that a store may take: whoever is ahead waits, and nothing is lost', async () => {
  const MB = 1_000_000;
  const [worlds, n, steps] = [4, 10_000, 25];
  const directory = await temporaryDirectory();
  const cache = { globalMb: 1, flushMb: 0.3, idleSec: 1e6 };
  const store = await openDurableStore({ directory, tables: lancedb, cache });
  let most = 0;
  const names = Array.from({ length: worlds }, (_, k) => `w${k}`);
  await Promise.all(
    names.map(async (name) => {
      const world = walkers(store, name, n);
      for (let step = 0; step < steps; step++) {
        await world.step();
        most = Math.max(most, store.health().waitingBytes);
      }
    }),
  );
  // Each world has at most one tick under way, of 8 bytes for a position and 4 for an entity.
  expect(most).toBeLessThan(MB + worlds * n * 13);
  expect(worlds * steps * n * 8).toBeGreaterThan(5 * MB);
  for (const name of names)
    expect(await ticksOf(store, name, n, { from: 0, to: 99 })).toHaveLength(steps + 1);
  expect(store.health().failures).toBe(0);
  await store.close();
});

test('ticks of a writer go into parts when flushMb of them wait, and not before, while it goes on', async () => {
  const directory = await temporaryDirectory();
  const cache = { flushMb: 1, flushRows: 1e9, idleSec: 1e6 };
  const store = await openDurableStore({ directory, tables: lancedb, cache });
  const n = 10_000;
  const world = walkers(store, 'w', n);
  await world.step();
  const { waitingBytes: bytesOfTick } = store.health();
  while (store.health().waitingBytes < 1_000_000 - 2 * bytesOfTick) await world.step();
  await store.worlds();
  expect(store.health().parts).toBe(0);
  const before = world.tick;
  await expect
    .poll(async () => world.step().then(() => store.health().parts), { timeout: 30_000 })
    .toBeGreaterThan(2);
  expect(store.health().waitingBytes).toBeLessThan((world.tick + 1 - before) * bytesOfTick);
  expect(await ticksOf(store, 'w', n, { from: 0, to: 1e6 })).toHaveLength(world.tick + 1);
  await store.close();
});
