import { ArchetypeError } from '@archetype/core';
import { randomUUID } from 'node:crypto';
import type { ObjectStore } from './object-store.ts';

const bytes = new TextEncoder().encode(
  'Whether conditional writes are refused here. May be removed.',
);

/**
 * Tries whether writes on a condition that does not hold are refused. Where they are not, two processes that write would
 * overwrite each other without either of them noticing.
 *
 * @throws `storage_unavailable`
 */
export async function requireConditionalWrites(objects: ObjectStore, uri: string): Promise<void> {
  const key = `probe-${randomUUID()}`;
  try {
    const first = await objects.put(key, bytes, { ifAbsent: true });
    const second = await objects.put(key, bytes, { ifAbsent: true });
    const third = await objects.put(key, bytes, { ifMatch: '"00000000000000000000000000000000"' });
    if (first !== undefined && second === undefined && third === undefined) return;
  } finally {
    await objects.remove([key]);
  }
  throw new ArchetypeError(
    'storage_unavailable',
    `${uri} does not keep conditions of writes (If-None-Match and If-Match), so two processes could overwrite each other's catalog unseen; use a bucket of a server that does, or keep the store in a directory.`,
  );
}
