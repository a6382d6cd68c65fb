import { openDurableStore } from '@archetype/storage';
import { writeSync } from 'node:fs';
import { gather } from './crowd.ts';
import { recordSyncs } from './recorded-syncs.ts';
import { smallTables } from './tables.ts';

/** Gathers a crowd in a directory and prints when it was acknowledged; dies where the environment says. */
recordSyncs();
const store = await openDurableStore({ directory: process.argv[2]!, ...smallTables });
await gather(store, () => writeSync(1, 'one 0\n'));
await store.close();
writeSync(1, 'done\n');
