import { join, resolve } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import { makeDirectory } from '../file-system/make-directory.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { Journal } from '../journal/journal.ts';
import { Ownership } from '../ownership/ownership.ts';
import { joinPublished } from '../remote/join.ts';
import { below, type RemoteLocation } from '../remote/location.ts';
import { publishOnce } from '../remote/publisher.ts';
import { openTableStore } from '../table-store-source.ts';
import type { TableStore, TableStoreSource } from '../table-store.ts';
import { StorageWorker } from '../worker/storage-worker.ts';
import { cacheConfig, type CacheConfig } from './cache-config.ts';
import { closeAll } from './close-all.ts';
import { DurableStore } from './durable-store.ts';
import { FlushSchedule } from './flush-schedule.ts';
import { Ledger } from './ledger.ts';
import { OpenCuts } from './open-cuts.ts';
import { replayInto } from './replay.ts';
import { unavailable } from './unavailable.ts';
import { checkSettings, durabilityOf, graceMs, type StoreSettings } from './store-settings.ts';
import { Upkeep } from './upkeep.ts';

export interface DurableStoreOptions extends StoreSettings {
  /** Made if it is absent. One process at a time. */
  readonly directory: string;
  readonly tables: TableStoreSource;
  /**
   * Parts go there and the catalog is shown there to other machines, after each flush; journal and catalog stay in the
   * directory, and ticks that were not flushed are as safe as its disk.
   */
  readonly remote?: RemoteLocation;
  readonly cache?: Partial<CacheConfig>;
  /**
   * Take the store from the process that writes it, which may be stuck on another machine's mount or paused: from here on it
   * cannot acknowledge anything. Not for two processes that both go on.
   */
  readonly takeOver?: boolean;
  /** The machine's, unless a test stands between. */
  readonly fileSystem?: FileSystem;
}

/** So much is moved into parts while a store closes without starting a thread for it. */
const FEW_BYTES = 4_000_000;

/**
 * Opens the store in a directory: takes the lock, replays the journal, and answers from there on.
 *
 * @throws `store_locked` unless told to take over, `storage_unavailable`, `journal_foreign`, `format_newer`
 * @example await using store = await openDurableStore({ directory: './data', tables: lancedb });
 */
export async function openDurableStore(options: DurableStoreOptions): Promise<DurableStore> {
  const { directory, tables: source, remote, fileSystem = nodeFileSystem } = options;
  const config = cacheConfig(options.cache);
  checkSettings(options);
  await makeStore(directory);
  const ends: (() => unknown)[] = [];
  try {
    const begin = remote && (await joinPublished(remote, directory, options.takeOver ?? false));
    const owner = Ownership.take(directory, options.takeOver ?? false);
    ends.unshift(() => owner.release());
    const catalogPath = join(directory, 'catalog.db');
    await begin?.(catalogPath);
    const catalog = new Catalog(catalogPath, { owner: owner.epoch });
    ends.unshift(() => catalog.close());
    catalog.own();
    catalog.keepPartsAt(remote?.uri);
    // Whoever published there before is shut out from here on.
    if (remote !== undefined)
      await publishOnce(remote, { catalog, owner: owner.epoch, directory: resolve(directory) });
    const ledger = new Ledger();
    ledger.load(catalog);
    const replay = replayInto(ledger, catalog);
    const journalPath = join(directory, 'journal');
    const journal = await Journal.open({
      fs: fileSystem,
      directory: journalPath,
      storeId: catalog.storeId,
      next: catalog.appliedSequence + 1,
      durability: durabilityOf(options),
      owner,
      onRecord: replay.apply,
    });
    ends.unshift(() => journal.close());
    const parts =
      remote === undefined
        ? { uri: join(directory, source.backend) }
        : below(remote, `${catalog.storeName}/${source.backend}`);
    const worker = new StorageWorker({
      journal: journalPath,
      catalogPath,
      owner: owner.epoch,
      source,
      parts,
      ...(remote && { published: remote }),
      directory: resolve(directory),
    });
    ends.unshift(() => worker.close());
    const cuts = new OpenCuts();
    const upkeep = new Upkeep(ledger, worker, cuts, {
      graceMs: graceMs(options),
      publishes: remote !== undefined,
      ...(options.retention && { retention: options.retention }),
    });
    const flushes = new FlushSchedule(config, journal, worker, ledger, (...round) =>
      upkeep.run(...round),
    );
    flushes.replayed(replay.waiting);
    let tables: Promise<TableStore> | undefined;
    ends.unshift(async () => (await tables)?.close());
    ends.unshift(async () => {
      await flushes.end();
      // What is left belongs to whoever took the store over.
      if (owner.lost) return;
      await flushes.flushAll();
      await upkeep.end();
    });
    ends.unshift(() => {
      if (flushes.waiting < FEW_BYTES) worker.stayHere();
    });
    return new DurableStore({
      ledger,
      journal,
      catalog,
      cuts,
      flushes,
      worker,
      upkeep,
      tables: () => (tables ??= openTableStore(source, parts)),
      close: () => closeAll(ends),
    });
  } catch (error) {
    await closeAll(ends).catch(() => undefined);
    throw unavailable(directory, error);
  }
}

async function makeStore(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (error) {
    throw unavailable(directory, error);
  }
}
