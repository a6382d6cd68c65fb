import { openDurableStore, openReadOnlyStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { expect, test } from 'vitest';
import { temporaryDirectory, walkers } from './walkers.ts';

test('a long history is read as it is asked for, and never is in memory as a whole', async () => {
  const directory = await temporaryDirectory();
  const [n, ticks] = [20_000, 30];
  const writer = await openDurableStore({ directory, tables: lancedb });
  const world = walkers(writer, 'w', n);
  for (let tick = 1; tick < ticks; tick++) await world.step();
  await writer.close();
  const tables = { ...lancedb, module: new URL('counting-tables.ts', import.meta.url).href };
  await using store = await openReadOnlyStore({ directory, tables });
  const counting = globalThis as { rowsAsked?: number };
  counting.rowsAsked = 0;
  let given = 0;
  let ahead = 0;
  for await (const frame of store.scan({
    world: world.info().id,
    ticks: { from: 0, to: ticks - 1 },
    components: ['Position'],
    columns: [],
  })) {
    ahead = Math.max(ahead, counting.rowsAsked - given);
    given += frame.numRows;
  }
  expect(given).toBe(n * ticks);
  expect(counting.rowsAsked).toBe(given);
  expect(ahead).toBeLessThan(given / 3);
});
