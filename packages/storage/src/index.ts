export { openDurableStore, type DurableStoreOptions } from './durable/open-durable-store.ts';
export type { DurableStore } from './durable/durable-store.ts';
export type { CacheConfig } from './durable/cache-config.ts';
export { StorePool, type StorageConfig } from './pool.ts';

// For adapters.
export type {
  OpenTableStore,
  PartFiles,
  PartId,
  Slice,
  TableStore,
  TableStoreSource,
} from './table-store.ts';

// For tests of stores: every file call of the journal goes through it.
export type { File, FileSystem } from './file-system/file-system.ts';
export { nodeFileSystem } from './file-system/node-file-system.ts';
