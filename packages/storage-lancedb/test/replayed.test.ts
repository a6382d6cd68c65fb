import { Worlds } from '@archetype/core';
import { openDurableStore, type CacheConfig } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory, ticksOf, walk, walkers } from './walkers.ts';

const ROWS = 500;

/** A store with 20 ticks in its journal, as a killed process leaves it, and how many bytes of it waited. */
async function killed(): Promise<{ directory: string; waiting: number }> {
  const [live, directory] = [await temporaryDirectory(), join(await temporaryDirectory(), 'store')];
  const store = await openDurableStore({ directory: live, tables: lancedb });
  await walkers(store, 'w', ROWS).run({ steps: 20 });
  const waiting = store.health().waitingBytes;
  await cp(live, directory, { recursive: true });
  await store.close();
  return { directory, waiting };
}

const open = (directory: string, cache: Partial<CacheConfig> = {}) =>
  openDurableStore({ directory, tables: lancedb, cache });

test('ticks that opening finds in the journal wait like those of this process, until they are flushed', async () => {
  const { directory, waiting } = await killed();
  expect(waiting).toBeGreaterThan(20 * ROWS * 8);
  const store = await open(directory);
  // In a file, each of the 21 records ends at a multiple of 8.
  expect(store.health().waitingBytes).toBeGreaterThanOrEqual(waiting);
  expect(store.health().waitingBytes).toBeLessThan(waiting + 21 * 8);
  await store.flush();
  expect(store.health().waitingBytes).toBe(0);
  await store.close();
});

test('a step waits for room that ticks from before take', async () => {
  const { directory, waiting } = await killed();
  const globalMb = (waiting * 0.9) / 1e6;
  const store = await open(directory, { globalMb });
  const world = await new Worlds(store).resume('w', walk);
  await world.step();
  expect(store.health().waitingBytes).toBeLessThan(globalMb * 1e6);
  expect(store.health().parts).toBeGreaterThan(0);
  expect(await ticksOf(store, 'w', ROWS, { from: 0, to: 99 })).toHaveLength(22);
  await store.close();
});

test('ticks from before are flushed when nothing is written for a while, or when there are many', async () => {
  const few = await killed();
  for (const cache of [{ idleSec: 0.01 }, { flushMb: few.waiting / 2e6 }]) {
    const { directory } = await killed();
    const store = await open(directory, cache);
    await expect.poll(() => store.health().parts, { timeout: 30_000 }).toBeGreaterThan(0);
    await store.close();
  }
});
