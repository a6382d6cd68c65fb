import { ArchetypeError } from '@archetype/core';
import { existsSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { NumberFile } from '../ownership/number-file.ts';
import { EPOCH_FILE } from '../ownership/ownership.ts';
import { requireConditionalWrites } from './conditional-writes.ts';
import type { RemoteLocation } from './location.ts';
import { readPointer, type Pointer } from './pointer.ts';
import { fetchCatalog } from './published-catalog.ts';
import { openS3 } from './s3-object-store.ts';

/**
 * Before a store is opened for writing whose parts are elsewhere: whether that place can be written safely, and what is
 * there. An empty directory where something was published is another machine's, or what is left of a lost one; taking that
 * over begins with an epoch above the published one, and with the published catalog.
 *
 * @returns how to put that catalog in the place of an empty one
 * @throws `store_locked`, `storage_unavailable`
 */
export async function joinPublished(
  location: RemoteLocation,
  directory: string,
  takeOver: boolean,
): Promise<((catalogPath: string) => Promise<void>) | undefined> {
  const { uri } = location;
  const objects = await openS3(location);
  try {
    await requireConditionalWrites(objects, uri);
    if (existsSync(join(directory, 'catalog.db'))) return undefined;
    const found = await readPointer(objects, uri);
    if (found === undefined) return undefined;
    const { pointer } = found;
    if (!takeOver) throw elsewhere(uri, directory, pointer);
    raiseEpoch(directory, pointer.owner + 1);
    const database = await fetchCatalog(objects, pointer);
    if (database === undefined) throw gone(uri, pointer);
    return (catalogPath) => writeDurably(catalogPath, database);
  } finally {
    objects.close();
  }
}

function raiseEpoch(directory: string, least: number): void {
  const epochs = new NumberFile(join(directory, EPOCH_FILE));
  try {
    epochs.write(Math.max(epochs.read(), least));
    epochs.sync();
  } finally {
    epochs.close();
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.fetched`;
  const file = await open(fresh, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

const elsewhere = (uri: string, directory: string, pointer: Pointer): ArchetypeError =>
  new ArchetypeError(
    'store_locked',
    `${uri} is written from ${pointer.directory} on ${pointer.host}, where its journal is, and there is no store in ${directory} yet. Open it there, or here with readOnly: true. If that disk is lost, take the store over with takeOver: true; ticks that were not in parts yet are lost with the disk.`,
  );

const gone = (uri: string, { catalog }: Pointer): ArchetypeError =>
  new ArchetypeError(
    'storage_unavailable',
    `The catalog ${uri}/${catalog} is gone that the pointer names; open the store again if another process writes it, or restore that object.`,
  );
