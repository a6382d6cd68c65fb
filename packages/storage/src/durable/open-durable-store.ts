import { ArchetypeError, type Signature, type WorldRecord } from '@archetype/core';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import { decodeCommit } from '../codec/commit-codec.ts';
import { decodeJson } from '../codec/json-record.ts';
import { recordKinds, recordName } from '../codec/record-kind.ts';
import { loadSignature, type StoredSignature } from '../codec/signature-codec.ts';
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
function replayInto(ledger: Ledger, catalog: Catalog): (record: ReadFrame) => void {
  const applied = catalog.appliedSequence;
  const signatures = new Map<string, Signature>();
  const signatureOf = (schema: string): Signature =>
    signatures.get(schema) ?? catalog.signature(schema);
  return ({ kind, sequence, body }) => {
    if (recordName(kind) === undefined) {
      throw new ArchetypeError(
        'record_unknown',
        `The journal holds a record of kind ${kind}, which this version does not know; upgrade to open the store.`,
      );
    }
    if (sequence <= applied) return;
    switch (kind) {
      case recordKinds.schema: {
        const signature = loadSignature(decodeJson(body) as StoredSignature);
        signatures.set(signature.schema, signature);
        break;
      }
      case recordKinds.created:
      case recordKinds.forked:
        ledger.created(decodeJson(body) as WorldRecord);
        break;
      case recordKinds.claimed: {
        const { world, epoch } = decodeJson(body) as { world: string; epoch: number };
        ledger.claimed(world, epoch);
        break;
      }
      case recordKinds.destroyed:
        ledger.destroyed((decodeJson(body) as { world: string }).world);
        break;
      default:
        ledger.committed(decodeCommit(body, signatureOf));
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
