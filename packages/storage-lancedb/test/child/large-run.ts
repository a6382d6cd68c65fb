import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { walkers } from '../walkers.ts';
import { say } from './say.ts';

/** Runs a world whose ticks are megabytes, faster than the disk is, and prints each tick when it is acknowledged. */
const [directory, rows] = process.argv.slice(2) as [string, string];
const store = await openDurableStore({
  directory,
  tables: lancedb,
  cache: { flushMb: 24, globalMb: 4_000 },
});
await walkers(store, 'w', Number(rows)).run({
  steps: 1_000,
  onProgress: ({ tick }) => say(String(tick)),
});
