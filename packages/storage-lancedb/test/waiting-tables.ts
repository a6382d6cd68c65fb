import type { OpenTableStore } from '@archetype/storage';
import { openTableStore as openLance } from '../src/lance-table-store.ts';

const waiting = globalThis as { beforeRead?: (() => Promise<void>) | undefined };

/** LanceDB; what `globalThis.beforeRead` does comes between the next read's cut and its first row. */
export const openTableStore: OpenTableStore = async (location, remote) => {
  const tables = await openLance(location, remote);
  const scan = tables.scan.bind(tables);
  tables.scan = async function* (slices, columns) {
    const { beforeRead } = waiting;
    waiting.beforeRead = undefined;
    await beforeRead?.();
    yield* scan(slices, columns);
  };
  return tables;
};
