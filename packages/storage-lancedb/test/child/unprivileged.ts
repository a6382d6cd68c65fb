import { openDurableStore, openReadOnlyStore, openTableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { mkdirSync, writeSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { setgid, setuid } from 'node:process';
import { ticksOf, walkers } from '../walkers.ts';
import { outcome } from './outcome.ts';

/** A store that another user made: what can be done with it, and beside it, without a right to write. Prints it. */
const place = process.argv[2]!;
const NOBODY = 65_534;
const directory = join(place, 'store');
const made = await openDurableStore({ directory, tables: lancedb });
await walkers(made, 'w', 3).run({ steps: 4 });
await made.close();
// Modules are loaded while this user may still read them.
await (await openTableStore(lancedb, { uri: join(directory, 'lance') })).close();
const closed = join(place, 'closed');
mkdirSync(closed);
await chmod(place, 0o555);
await chmod(directory, 0o555);
await chmod(closed, 0);
if (process.getuid?.() === 0) {
  setgid!(NOBODY);
  setuid!(NOBODY);
}
const reader = await openReadOnlyStore({ directory, tables: lancedb });
const ticks = await ticksOf(reader, 'w', 3, { from: 0, to: 99 });
await reader.close();
const writing = await outcome(openDurableStore({ directory, tables: lancedb }));
const making = await outcome(openDurableStore({ directory: join(place, 'new'), tables: lancedb }));
const inside = await outcome(openReadOnlyStore({ directory: closed, tables: lancedb }));
writeSync(1, JSON.stringify({ ticks, writing, making, inside }));
