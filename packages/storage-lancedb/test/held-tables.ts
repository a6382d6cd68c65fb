import type { OpenTableStore } from '@archetype/storage';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { openTableStore as openLance } from '../src/lance-table-store.ts';

/** LanceDB; while there is a file `hold` beside its folder, the storage thread gets no rows of parts, so that merges wait. */
export const openTableStore: OpenTableStore = async (location, remote) => {
  const tables = await openLance(location, remote);
  if (isMainThread) return tables;
  const scan = tables.scan.bind(tables);
  tables.scan = async function* (slices, columns) {
    while (existsSync(join(location, '..', 'hold'))) await delay(5);
    yield* scan(slices, columns);
  };
  return tables;
};
