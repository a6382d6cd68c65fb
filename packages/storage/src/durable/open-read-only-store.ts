import { ArchetypeError } from '@archetype/core';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import { isLocked } from '../ownership/lock.ts';
import { NumberFile } from '../ownership/number-file.ts';
import type { ReadLimit } from '../journal/journal-tail.ts';
import { DURABLE_FILE, EPOCH_FILE, MARK_FILE } from '../ownership/ownership.ts';
import { openTableStore } from '../table-store-source.ts';
import type { TableStore, TableStoreSource } from '../table-store.ts';
import { closeAll } from './close-all.ts';
import { Follower } from './follower.ts';
import { OpenCuts } from './open-cuts.ts';
import { ReadOnlyStore } from './read-only-store.ts';
import { unavailable } from './unavailable.ts';

export interface ReadOnlyStoreOptions {
  readonly directory: string;
  readonly tables: TableStoreSource;
}

/**
 * Opens the store in a directory to read it, also while another process writes it, and also where nothing may be written.
 *
 * @throws `storage_unavailable`, `format_newer`
 * @example await using store = await openReadOnlyStore({ directory: './data', tables: lancedb });
 */
export async function openReadOnlyStore({
  directory,
  tables: source,
}: ReadOnlyStoreOptions): Promise<ReadOnlyStore> {
  const ends: (() => unknown)[] = [];
  try {
    if (!existsSync(join(directory, 'catalog.db'))) {
      throw new ArchetypeError(
        'storage_unavailable',
        `There is no store in ${directory} that this user may read; check the path and its permissions, or open it for writing to make one.`,
      );
    }
    const catalog = openCatalog(directory, ends);
    const epochs = new NumberFile(join(directory, EPOCH_FILE), { readOnly: true });
    ends.unshift(() => epochs.close());
    const mark = new NumberFile(join(directory, MARK_FILE), { readOnly: true });
    ends.unshift(() => mark.close());
    // With nobody writing, the next owner will find whatever is whole in the journal, but for a write that was broken off.
    const durable = openNumber(join(directory, DURABLE_FILE), ends);
    const limit = (): ReadLimit => ({
      to: isLocked(directory, epochs.read()) ? mark.read() : Number.MAX_SAFE_INTEGER,
      lastDurable: durable?.read() ?? 0,
    });
    const follower = new Follower(catalog, join(directory, 'journal'), limit);
    const cuts = new OpenCuts();
    let opened: Promise<TableStore> | undefined;
    const tables = (): Promise<TableStore> =>
      (opened ??= openTableStore(source, { uri: join(directory, source.backend) }));
    ends.unshift(async () => (await opened)?.close());
    await follower.refresh();
    return new ReadOnlyStore(
      async () => ({ ledger: await follower.refresh(), catalog, cuts, tables }),
      () => closeAll(ends),
    );
  } catch (error) {
    await closeAll(ends).catch(() => undefined);
    throw unavailable(directory, error);
  }
}

/** A number that stores from before do not have. */
function openNumber(path: string, ends: (() => unknown)[]): NumberFile | undefined {
  if (!existsSync(path)) return undefined;
  const file = new NumberFile(path, { readOnly: true });
  ends.unshift(() => file.close());
  return file;
}

/** SQLite needs to write beside a catalog that it reads; where that is not allowed, a copy is read. */
function openCatalog(directory: string, ends: (() => unknown)[]): Catalog {
  const path = join(directory, 'catalog.db');
  try {
    const catalog = new Catalog(path);
    ends.unshift(() => catalog.close());
    return catalog;
  } catch (error) {
    if (error instanceof ArchetypeError) throw error;
    const copy = mkdtempSync(join(tmpdir(), 'archetype-catalog-'));
    ends.unshift(() => rmSync(copy, { recursive: true, force: true }));
    for (const name of ['catalog.db', 'catalog.db-wal'])
      if (existsSync(join(directory, name))) cpSync(join(directory, name), join(copy, name));
    const catalog = new Catalog(join(copy, 'catalog.db'));
    ends.unshift(() => catalog.close());
    return catalog;
  }
}
