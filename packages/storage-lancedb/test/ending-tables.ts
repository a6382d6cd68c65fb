import type { OpenTableStore } from '@archetype/storage';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { openTableStore as openLance } from '../src/lance-table-store.ts';

/** LanceDB whose thread ends at its next write, once, when there is a file `end` beside its folder. */
export const openTableStore: OpenTableStore = async (location, remote) => {
  const tables = await openLance(location, remote);
  const write = tables.write.bind(tables);
  const end = join(location, '..', 'end');
  tables.write = async (part, schema, rows) => {
    const files = await write(part, schema, rows);
    if (isMainThread || !existsSync(end)) return files;
    rmSync(end);
    process.exit(7);
  };
  return tables;
};
