import { ArchetypeError } from '@archetype/core';
import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ObjectStore } from './object-store.ts';
import type { Pointer } from './pointer.ts';

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export const packCatalog = (database: Uint8Array): Uint8Array => zstdCompressSync(database);

/** The SQLite file that a pointer names; undefined when a later one took its place. @throws `storage_unavailable` */
export async function fetchCatalog(
  objects: ObjectStore,
  { catalog, sha256: digest }: Pointer,
): Promise<Uint8Array | undefined> {
  const found = await objects.get(catalog);
  if (found === undefined) return undefined;
  if (sha256(found.bytes) !== digest) {
    throw new ArchetypeError(
      'storage_unavailable',
      `The catalog ${catalog} has other content than was published; restore that object, or publish again from the machine that writes the store.`,
    );
  }
  return zstdDecompressSync(found.bytes);
}
