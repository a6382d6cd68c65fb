import { Worlds } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { walk, walkers } from '../walkers.ts';
import { say } from './say.ts';

/**
 * Writes a world of walkers tick by tick, flushing often, and prints each tick when it is acknowledged; ends at the tick it
 * was told, or when a step fails, with that error's code.
 */
const [directory, rows, until, flushRows] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];
const store = await openDurableStore({
  directory,
  tables: lancedb,
  graceSec: 5,
  cache: { flushRows: Number(flushRows) },
});
const worlds = new Worlds(store);
const known = await store.worlds();
const world =
  known.length === 0 ? walkers(store, 'w', Number(rows)) : await worlds.resume('w', walk);
try {
  while (world.tick < Number(until)) {
    await world.step();
    say(String(world.tick));
  }
  say('done');
} catch (error) {
  say(`refused ${(error as { code?: string }).code ?? String(error)}`);
}
await store.close().catch((error: { code?: string }) => {
  say(`closed with ${error.code}`);
});
