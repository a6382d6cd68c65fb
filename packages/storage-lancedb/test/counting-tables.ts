import type { OpenTableStore } from '@archetype/storage';
import { openTableStore as openLance } from '../src/lance-table-store.ts';

const counting = globalThis as { rowsAsked?: number };

/** LanceDB; `globalThis.rowsAsked` counts the rows that scans asked for. */
export const openTableStore: OpenTableStore = async (location, remote) => {
  const tables = await openLance(location, remote);
  const scan = tables.scan.bind(tables);
  tables.scan = (slices, columns) => {
    counting.rowsAsked = slices.reduce((n, { rows }) => n + rows, counting.rowsAsked ?? 0);
    return scan(slices, columns);
  };
  return tables;
};
