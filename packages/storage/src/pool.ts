import { ArchetypeError } from '@archetype/core';
import { join, resolve } from 'node:path';
import { cacheConfig, type CacheConfig } from './durable/cache-config.ts';
import type { DurableStore } from './durable/durable-store.ts';
import { openDurableStore } from './durable/open-durable-store.ts';
import { openReadOnlyStore } from './durable/open-read-only-store.ts';
import type { ReadOnlyStore } from './durable/read-only-store.ts';
import type { StoreSettings } from './durable/store-settings.ts';
import type { TableStoreSource } from './table-store.ts';

/** Which store: where it is, what its parts are made of, and how it is kept. */
export interface StorageConfig extends StoreSettings {
  /** A directory; `./archetype_data` unless told. */
  readonly uri?: string;
  /** Stores beside each other in one directory; `default` unless told. */
  readonly namespace?: string;
  readonly tables: TableStoreSource;
  readonly cache?: Partial<CacheConfig>;
  /** Only read, also while another process writes; nothing else below `tables` counts then. */
  readonly readOnly?: boolean;
  /** Take the store from the process that writes it. */
  readonly takeOver?: boolean;
}

/** Open stores, one per place and configuration, shared by everybody who asks. */
export class StorePool {
  readonly #stores = new Map<string, Promise<DurableStore | ReadOnlyStore>>();

  /** @throws what `openDurableStore` throws, and `invalid_argument` */
  open(config: StorageConfig): Promise<DurableStore | ReadOnlyStore> {
    const {
      uri = './archetype_data',
      namespace = 'default',
      tables,
      cache,
      readOnly,
      ...settings
    } = config;
    if (!/^[\w.-]+$/.test(namespace) || /^\.+$/.test(namespace)) {
      throw new ArchetypeError(
        'invalid_argument',
        `The namespace was ${JSON.stringify(namespace)}; use letters, digits, ".", "_" and "-".`,
      );
    }
    const key = JSON.stringify([
      resolve(uri),
      namespace,
      tables,
      cacheConfig(cache),
      readOnly ?? false,
      sorted(settings),
    ]);
    let store = this.#stores.get(key);
    if (store === undefined) {
      const directory = join(uri, namespace);
      store =
        readOnly === true
          ? openReadOnlyStore({ directory, tables })
          : openDurableStore({ ...settings, directory, tables, ...(cache && { cache }) });
      this.#stores.set(key, store);
      store.catch(() => this.#stores.delete(key));
    }
    return store;
  }

  /** Closes every store, tries all of them, and reports every failure. Idempotent. */
  async close(): Promise<void> {
    const stores = [...this.#stores.values()];
    this.#stores.clear();
    const results = await Promise.allSettled(stores.map(async (store) => (await store).close()));
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    if (failures.length === 0) return;
    throw new ArchetypeError('close_failed', failures.map((error) => error.message).join(' '), {
      cause: new AggregateError(failures),
    });
  }
}

/** Settings in one order, so that equal ones make equal keys. */
const sorted = (settings: object): readonly unknown[] =>
  Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1));
