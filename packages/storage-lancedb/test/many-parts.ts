import {
  openDurableStore,
  type DurableStore,
  type DurableStoreOptions,
  type StoreSettings,
} from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { walkers } from './walkers.ts';

export const open = (
  directory: string,
  settings: Partial<DurableStoreOptions> = {},
): Promise<DurableStore> => openDurableStore({ directory, tables: lancedb, ...settings });

/** A world at tick `ticks - 1`, its ticks in parts of their own but for the first two. */
export async function manyParts(directory: string, ticks: number, settings: StoreSettings = {}) {
  const store = await open(directory, { graceSec: 0, ...settings });
  const world = walkers(store, 'w', 10);
  for (let tick = 1; tick < ticks; tick++) {
    await world.step();
    await store.flush();
  }
  return { store, world };
}
