import type { DurableStoreOptions } from '@archetype/storage';

/** Lance as it dies, and replaced parts removed at once. */
export const smallTables = {
  tables: { backend: 'lance', module: new URL('dying-tables.ts', import.meta.url).href },
  graceSec: 0,
  cache: { flushRows: 60 },
} satisfies Omit<DurableStoreOptions, 'directory'>;
