import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory, ticksOf, walkers } from './walkers.ts';

const held = { ...lancedb, module: new URL('held-tables.ts', import.meta.url).href };

test('segments go into parts while a merge is under way, and nothing of either is lost', async () => {
  const directory = await temporaryDirectory();
  const hold = join(directory, 'hold');
  const cache = { flushRows: 200, idleSec: 0.05 };
  const store = await openDurableStore({ directory, tables: held, cache });
  const world = walkers(store, 'w', 200);
  await writeFile(hold, '');
  const flushed = () => expect(store.health().waitingBytes).toBe(0);
  // Eight parts of one size are due to be merged, which waits; ticks that come then name rows of those parts.
  for (let tick = 1; tick <= 20; tick++) {
    await world.step();
    await vi.waitFor(flushed, { timeout: 10_000, interval: 5 });
  }
  const parts = async () => (await readdir(join(directory, 'lance'))).length;
  expect(await parts()).toBeGreaterThan(20);
  await rm(hold);
  await store.flush();
  // Replaced parts stay for readers for a while: the merge is seen by what is listed.
  const { parts: listed } = await store.verify();
  expect(listed).toBeLessThan(20);
  expect(await ticksOf(store, 'w', 200, { from: 0, to: 20 })).toHaveLength(21);
  expect(await store.verify()).toMatchObject({ sound: true });
  await store.close();
});
