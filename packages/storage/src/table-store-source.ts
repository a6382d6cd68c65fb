import { ArchetypeError } from '@archetype/core';
import { isRemote, type RemoteLocation } from './remote/location.ts';
import { openS3 } from './remote/s3-object-store.ts';
import type { OpenTableStore, TableStore, TableStoreSource } from './table-store.ts';

/** Loads an adapter's module and opens its parts at a directory or a prefix. @throws `storage_unavailable` */
export async function openTableStore(
  source: TableStoreSource,
  location: RemoteLocation,
): Promise<TableStore> {
  const open = await load(source);
  const { uri, storageOptions = {} } = location;
  if (!isRemote(uri)) return open(uri);
  if (source.remote === true) return open(uri, { objects: await openS3(location), storageOptions });
  throw new ArchetypeError(
    'storage_unavailable',
    `The table store "${source.backend}" keeps parts in directories only and was given ${uri}; use a directory, or another backend.`,
  );
}

async function load({ module, backend }: TableStoreSource): Promise<OpenTableStore> {
  let open: OpenTableStore | undefined;
  try {
    ({ openTableStore: open } = (await import(module)) as { openTableStore?: OpenTableStore });
  } catch (cause) {
    throw new ArchetypeError(
      'storage_unavailable',
      `The table store "${backend}" could not be loaded: ${cause instanceof Error ? cause.message : String(cause)} Install its package, or choose another backend.`,
      { cause },
    );
  }
  if (typeof open === 'function') return open;
  throw new ArchetypeError(
    'storage_unavailable',
    `The module of table store "${backend}" exports no openTableStore; it must export that function.`,
  );
}
