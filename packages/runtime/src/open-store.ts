import { ArchetypeError, MemoryStore, type Store } from '@archetype/core';
import type { CacheConfig, StorePool, StoreSettings } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';

/** Where worlds are kept. */
export interface RuntimeStorage extends StoreSettings {
  /** A directory, made when a world is first written, or `s3://bucket/prefix`; `./archetype_data` unless told. */
  readonly uri?: string;
  /** For object storage: `region`, `endpoint`, `aws_access_key_id` and so on; the environment's unless told. */
  readonly storageOptions?: Readonly<Record<string, string>>;
  /** For object storage: where journal and catalog are; below `./archetype_data`, by the URI's name, unless told. */
  readonly localDirectory?: string;
  /** Stores beside each other in one directory; `default` unless told. */
  readonly namespace?: string;
  /** `lancedb` unless told; `memory` keeps nothing. */
  readonly backend?: 'lancedb' | 'memory';
  readonly cache?: Partial<CacheConfig>;
  /** Only read stored worlds, also while another process writes them. */
  readonly readOnly?: boolean;
  /** Take the store from a process that holds it and cannot be ended. */
  readonly takeOver?: boolean;
}

/** `storage` as a script may give it. */
export const storageOf = (given: string | RuntimeStorage = {}): RuntimeStorage =>
  typeof given === 'string' ? { uri: given } : given;

/** How a runtime opens its store when it first needs one. @throws `invalid_argument` */
export function openerOf(storage: RuntimeStorage, pool: StorePool): () => Promise<Store> {
  const { backend = 'lancedb', ...config } = storage;
  if (backend === 'memory') {
    const store = new MemoryStore();
    return async () => store;
  }
  if (backend === 'lancedb') return () => pool.open({ ...config, tables: lancedb });
  throw new ArchetypeError(
    'invalid_argument',
    `The storage backend was ${JSON.stringify(backend)}; use "lancedb" or "memory".`,
  );
}
