import { ArchetypeError } from '@archetype/core';
import { join, resolve } from 'node:path';
import { cacheConfig, type CacheConfig } from './durable/cache-config.ts';
import type { DurableStore } from './durable/durable-store.ts';
import { openDurableStore } from './durable/open-durable-store.ts';
import { openPublishedStore } from './durable/open-published-store.ts';
import { openReadOnlyStore } from './durable/open-read-only-store.ts';
import type { ReadOnlyStore } from './durable/read-only-store.ts';
import type { StoreSettings } from './durable/store-settings.ts';
import { below, directoryOf, isRemote, type RemoteLocation } from './remote/location.ts';
import type { TableStoreSource } from './table-store.ts';

/** Which store: where it is, what its parts are made of, and how it is kept. */
export interface StorageConfig extends StoreSettings {
  /** A directory, or `s3://bucket/prefix`; `./archetype_data` unless told. */
  readonly uri?: string;
  /** For object storage: what its clients need, as LanceDB names it (`region`, `endpoint`, `aws_access_key_id` …). */
  readonly storageOptions?: Readonly<Record<string, string>>;
  /**
   * For object storage: the directory of journal and catalog; below `./archetype_data`, by the URI's name, unless told. Ticks
   * that were not flushed are as safe as its disk.
   */
  readonly localDirectory?: string;
  /** Stores beside each other in one directory; `default` unless told. */
  readonly namespace?: string;
  readonly tables: TableStoreSource;
  readonly cache?: Partial<CacheConfig>;
  /** Only read, also while another process writes; nothing else below `tables` counts then. */
  readonly readOnly?: boolean;
  /** Take the store from the process that writes it. */
  readonly takeOver?: boolean;
}

const DATA = './archetype_data';

/** Open stores, one per place and configuration, shared by everybody who asks. */
export class StorePool {
  readonly #stores = new Map<string, Promise<DurableStore | ReadOnlyStore>>();

  /** @throws what `openDurableStore` throws, and `invalid_argument` */
  open(config: StorageConfig): Promise<DurableStore | ReadOnlyStore> {
    const { tables, cache, readOnly = false, ...rest } = config;
    const { place, settings } = placeOf(rest);
    const key = JSON.stringify([
      sorted(place),
      tables,
      cacheConfig(cache),
      readOnly,
      sorted(settings),
    ]);
    let store = this.#stores.get(key);
    if (store === undefined) {
      store = readOnly
        ? openToRead(place, tables)
        : openDurableStore({ ...settings, ...place, tables, ...(cache && { cache }) });
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

/** Where a store is: a directory, and with object storage the place of its parts. */
interface Place {
  readonly directory: string;
  readonly remote?: RemoteLocation;
}

/** @throws `invalid_argument` */
function placeOf({
  uri = DATA,
  namespace = 'default',
  storageOptions,
  localDirectory,
  ...settings
}: Omit<StorageConfig, 'tables' | 'cache' | 'readOnly'>): {
  readonly place: Place;
  readonly settings: StoreSettings & Pick<StorageConfig, 'takeOver'>;
} {
  if (!/^[\w.-]+$/.test(namespace) || /^\.+$/.test(namespace)) {
    throw new ArchetypeError(
      'invalid_argument',
      `The namespace was ${JSON.stringify(namespace)}; use letters, digits, ".", "_" and "-".`,
    );
  }
  if (!isRemote(uri)) {
    checkLocal({ storageOptions, localDirectory });
    return { place: { directory: resolve(directoryOf(uri), namespace) }, settings };
  }
  const local = localDirectory ?? join(DATA, uri.replace('://', '/'));
  const remote = below({ uri, ...(storageOptions && { storageOptions }) }, namespace);
  return { place: { directory: resolve(local, namespace), remote }, settings };
}

/** @throws `invalid_argument` */
function checkLocal(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw new ArchetypeError(
      'invalid_argument',
      `${name} is for object storage, and the store is in a directory; leave it out, or give a uri such as s3://bucket/prefix.`,
    );
  }
}

const openToRead = ({ directory, remote }: Place, tables: TableStoreSource) =>
  remote === undefined
    ? openReadOnlyStore({ directory, tables })
    : openPublishedStore({ remote, tables });

/** Settings in one order, so that equal ones make equal keys. */
const sorted = (settings: object): readonly unknown[] =>
  Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1));
