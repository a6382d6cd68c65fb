export { openDurableStore, type DurableStoreOptions } from './durable/open-durable-store.ts';
export { openReadOnlyStore, type ReadOnlyStoreOptions } from './durable/open-read-only-store.ts';
export { openPublishedStore, type PublishedStoreOptions } from './durable/open-published-store.ts';
export type { ReadOnlyStore } from './durable/read-only-store.ts';
export type { DurableStore } from './durable/durable-store.ts';
export type { CacheConfig } from './durable/cache-config.ts';
export type { RetentionPolicy, StoreSettings } from './durable/store-settings.ts';
export type { StoreHealth } from './durable/health.ts';
export type { Verification } from './durable/verify.ts';
export type { TableUse } from './catalog/part-tables.ts';
export type { RemoteLocation } from './remote/location.ts';
export type { ObjectStore, StoredObject, WriteCondition } from './remote/object-store.ts';
export { StorePool, type StorageConfig } from './pool.ts';

// For adapters.
export { openTableStore } from './table-store-source.ts';
export { checkFiles, digestFile } from './check-files.ts';
export { LentMemory } from './lent-memory.ts';
export type {
  NearestQuery,
  OpenTableStore,
  PartFile,
  PartFiles,
  PartId,
  RemoteParts,
  RowFilter,
  Slice,
  TableStore,
  TableStoreSource,
} from './table-store.ts';
export type { RowRange } from './spans/span-entities.ts';

// For tests of stores: every file call of the journal goes through it.
export type { File, FileSystem, FileUse } from './file-system/file-system.ts';
export { nodeFileSystem } from './file-system/node-file-system.ts';
