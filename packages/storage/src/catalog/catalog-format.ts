import { ArchetypeError } from '@archetype/core';
import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import { CATALOG_FORMAT, migrations, schemaSql } from './schema-sql.ts';

/** Makes the tables of a new catalog, and brings those of an older one up to date. @throws `format_newer`, `storage_unavailable` */
export function prepareCatalog(
  database: Database,
  { path, readOnly }: { readonly path: string; readonly readOnly: boolean },
): void {
  if (!readOnly) database.exec('pragma journal_mode = wal; pragma synchronous = full;');
  const [{ user_version: format }] = database.all('pragma user_version') as [
    { user_version: number },
  ];
  if (format > CATALOG_FORMAT) {
    throw new ArchetypeError(
      'format_newer',
      `The catalog ${path} has format ${format} and this version reads up to ${CATALOG_FORMAT}; upgrade to open the store.`,
    );
  }
  if (format === CATALOG_FORMAT) return;
  if (readOnly) {
    throw new ArchetypeError(
      'storage_unavailable',
      `The catalog ${path} has format ${format} and this version reads ${CATALOG_FORMAT}; open the store once for writing, which brings it up to date.`,
    );
  }
  if (format === 0) create(database);
  else migrate(database, format);
}

function create(database: Database): void {
  database.transaction(() => {
    database.exec(schemaSql);
    database.run('insert into meta values (?, ?)', 'store_id', randomBytes(16).toString('hex'));
    database.run('insert into meta values (?, ?)', 'applied_sequence', '0');
    database.exec(`pragma user_version = ${CATALOG_FORMAT}`);
  });
}

function migrate(database: Database, from: number): void {
  for (let format = from; format < CATALOG_FORMAT; format++) {
    database.transaction(() => {
      database.exec(migrations[format]!);
      database.exec(`pragma user_version = ${format + 1}`);
    });
  }
}
