import { openPublishedStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { ticksOf } from '../walkers.ts';

/** Another machine: knows the URI and the credentials, prints the ticks that it can read. */
const [uri, storageOptions, rows, to] = argv.slice(2) as [string, string, string, string];
await using store = await openPublishedStore({
  remote: { uri, storageOptions: JSON.parse(storageOptions) as Record<string, string> },
  tables: lancedb,
});
const ticks = await ticksOf(store, 'w', Number(rows), { from: 0, to: Number(to) });
writeSync(1, JSON.stringify(ticks));
