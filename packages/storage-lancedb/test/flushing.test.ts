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
