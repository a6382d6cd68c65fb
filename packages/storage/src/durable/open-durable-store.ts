import { ArchetypeError } from '@archetype/core';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import { RecordReader } from '../codec/record-reader.ts';
import type { FileSystem } from '../file-system/file-system.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { Flusher } from '../flusher/flusher.ts';
import type { ReadFrame } from '../journal/frame.ts';
import { Journal } from '../journal/journal.ts';
import { lockDirectory } from '../lock.ts';
import { openTableStore } from '../table-store-source.ts';
import type { TableStore, TableStoreSource } from '../table-store.ts';
import { cacheConfig, type CacheConfig } from './cache-config.ts';
import { DurableStore } from './durable-store.ts';
import { FlushSchedule } from './flush-schedule.ts';
import { Ledger } from './ledger.ts';

export interface DurableStoreOptions {
  /** Made if it is absent. One process at a time. */
  readonly directory: string;
  readonly tables: TableStoreSource;
  readonly cache?: Partial<CacheConfig>;
  /** The machine's, unless a test stands between. */
  readonly fileSystem?: FileSystem;
}

/**
 * Opens the store in a directory: takes the lock, replays the journal, and answers from there on.
 *
 * @throws `store_locked`, `storage_unavailable`, `journal_foreign`, `format_newer`
 * @example await using store = await openDurableStore({ directory: './data', tables: lancedb });
 */
export async function openDurableStore(options: DurableStoreOptions): Promise<DurableStore> {
  const { directory, tables: source, fileSystem = nodeFileSystem } = options;
  const config = cacheConfig(options.cache);
  await makeDirectory(directory);
  const ends: (() => unknown)[] = [];
  try {
    const lock = lockDirectory(directory);
    ends.unshift(() => lock.release());
    const catalogPath = join(directory, 'catalog.db');
    const catalog = new Catalog(catalogPath);
    ends.unshift(() => catalog.close());
    const ledger = new Ledger();
    ledger.load(catalog);
    const journalPath = join(directory, 'journal');
    const journal = await Journal.open({
      fs: fileSystem,
      directory: journalPath,
      storeId: catalog.storeId,
      next: catalog.appliedSequence + 1,
      onRecord: replayInto(ledger, catalog),
    });
    ends.unshift(() => journal.close());
    const location = join(directory, source.backend);
    const flusher = new Flusher({ journal: journalPath, catalogPath, source, location });
    ends.unshift(() => flusher.close());
    const flushes = new FlushSchedule(config, journal, flusher, ledger);
    let tables: Promise<TableStore> | undefined;
    ends.unshift(async () => (await tables)?.close());
    ends.unshift(() => flushes.flushAll());
    return new DurableStore({
      ledger,
      journal,
      catalog,
      flushes,
      tables: () => (tables ??= openTableStore(source, location)),
      close: () => closeAll(ends),
    });
  } catch (error) {
    await closeAll(ends).catch(() => undefined);
    throw unavailable(directory, error);
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw unavailable(directory, error);
  }
}

function unavailable(directory: string, error: unknown): ArchetypeError {
  if (error instanceof ArchetypeError) return error;
  return new ArchetypeError(
    'storage_unavailable',
    `The store in ${directory} could not be opened: ${error instanceof Error ? error.message : String(error)} Check that it is a directory that this user may write, or use another one.`,
    { cause: error },
  );
}

/** Applies the records that the catalog does not have yet. */
function replayInto(ledger: Ledger, catalog: Catalog): (frame: ReadFrame) => void {
  const applied = catalog.appliedSequence;
  const reader = new RecordReader((schema) => catalog.signature(schema));
  return (frame) => {
    const record = reader.read(frame);
    if (frame.sequence <= applied) return;
    switch (record.kind) {
      case 'schema':
        break;
      case 'world':
        ledger.created(record.record);
        break;
      case 'claimed':
        ledger.claimed(record.world, record.epoch);
        break;
      case 'destroyed':
        ledger.destroyed(record.world);
        break;
      case 'commit':
        ledger.committed(record.commit);
        break;
    }
  };
}

/** Tries everything, in order. @throws `close_failed` with all that went wrong */
async function closeAll(ends: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 0) return;
  throw new ArchetypeError(
    'close_failed',
    `The store closed with ${failures.length} failure(s): ${failures.map((error) => (error instanceof Error ? error.message : String(error))).join(' ')}`,
    { cause: new AggregateError(failures) },
  );
}
