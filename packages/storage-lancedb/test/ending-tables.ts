import type { OpenTableStore } from '@archetype/storage';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { openTableStore as openLance } from '../src/lance-table-store.ts';

/**
 * LanceDB whose thread ends at its next write, once, when there is a file `end` beside its folder; while there is a file
 * `hold`, checks of parts wait, and a file `checking` says that one does; with a file `fail` it fails to close.
 */
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
  const check = tables.check.bind(tables);
  tables.check = async (part, files) => {
    while (existsSync(join(location, '..', 'hold'))) {
      writeFileSync(join(location, '..', 'checking'), '');
      await delay(5);
    }
    return check(part, files);
  };
  const close = tables.close.bind(tables);
  tables.close = async () => {
    await close();
    if (!isMainThread && existsSync(join(location, '..', 'fail')))
      throw new Error('the engine did not close');
  };
  return tables;
};
