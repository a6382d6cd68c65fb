import { openDurableStore } from '@archetype/storage';
import { writeSync } from 'node:fs';
import { recordSyncs } from './recorded-syncs.ts';
import { play } from './script.ts';
import { smallTables } from './tables.ts';

/** Plays the script in a directory and prints what was acknowledged; dies where the environment says. */
recordSyncs();
const store = await openDurableStore({ directory: process.argv[2]!, ...smallTables });
await play(store, (name, tick) => writeSync(1, `${name} ${tick}\n`));
await store.close();
writeSync(1, 'done\n');
