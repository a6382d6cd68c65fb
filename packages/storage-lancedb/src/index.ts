import type { TableStoreSource } from '@archetype/storage';

/**
 * Parts on LanceDB, in a directory or on S3. Loaded when a part is first written or read.
 *
 * @example await using store = await openDurableStore({ directory: './data', tables: lancedb });
 */
export const lancedb: TableStoreSource = {
  backend: 'lance',
  remote: true,
  module: new URL(
    import.meta.url.endsWith('.ts') ? './lance-table-store.ts' : './lance-table-store.js',
    import.meta.url,
  ).href,
};
