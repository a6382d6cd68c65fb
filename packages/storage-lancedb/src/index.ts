import type { TableStoreSource } from '@archetype/storage';

/**
 * Parts on LanceDB. Loaded when a part is first written or read.
 *
 * @example await using store = await openDurableStore({ directory: './data', tables: lancedb });
 */
export const lancedb: TableStoreSource = {
  backend: 'lance',
  module: new URL(
    import.meta.url.endsWith('.ts') ? './lance-table-store.ts' : './lance-table-store.js',
    import.meta.url,
  ).href,
};
