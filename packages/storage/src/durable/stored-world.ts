import { ArchetypeError, shapesOf, type ComponentShape, type StoredWorld } from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { Ledger, LedgerWorld } from './ledger.ts';
import { placesOf } from './places.ts';

/** A world as its store knows it. */
export function storedWorld(ledger: Ledger, catalog: Catalog, world: LedgerWorld): StoredWorld {
  return {
    ...world.record,
    newestTick: world.newest,
    components: componentsAt(ledger, catalog, world, world.newest),
    destroyed: world.destroyed,
  };
}

function componentsAt(
  ledger: Ledger,
  catalog: Catalog,
  world: LedgerWorld,
  tick: number,
): readonly ComponentShape[] {
  try {
    const places = placesOf(ledger, catalog, world, tick, tick);
    return shapesOf(places.flatMap(({ tables }) => tables.map(({ signature }) => signature)));
  } catch (error) {
    // A world can be listed although its newest tick was lost.
    if (error instanceof ArchetypeError && error.code === 'tick_damaged') return [];
    throw error;
  }
}
