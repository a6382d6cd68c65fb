import { ArchetypeError } from '@archetype/core';
import type { OpenTableStore, TableStore, TableStoreSource } from './table-store.ts';

/** Loads an adapter's module and opens its parts under `location`. @throws `storage_unavailable` */
export async function openTableStore(
  source: TableStoreSource,
  location: string,
): Promise<TableStore> {
  let open: OpenTableStore | undefined;
  try {
    ({ openTableStore: open } = (await import(source.module)) as {
      openTableStore?: OpenTableStore;
    });
  } catch (cause) {
    throw new ArchetypeError(
      'storage_unavailable',
      `The table store "${source.backend}" could not be loaded: ${cause instanceof Error ? cause.message : String(cause)} Install its package, or choose another backend.`,
      { cause },
    );
  }
  if (typeof open === 'function') return open(location);
  throw new ArchetypeError(
    'storage_unavailable',
    `The module of table store "${source.backend}" exports no openTableStore; it must export that function.`,
  );
}
