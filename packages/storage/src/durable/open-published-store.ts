import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { below, type RemoteLocation } from '../remote/location.ts';
import { openS3 } from '../remote/s3-object-store.ts';
import { openTableStore } from '../table-store-source.ts';
import type { TableStore, TableStoreSource } from '../table-store.ts';
import { closeAll } from './close-all.ts';
import { OpenCuts } from './open-cuts.ts';
import { PointerFollower } from './pointer-follower.ts';
import { ReadOnlyStore } from './read-only-store.ts';
import type { View } from './view.ts';

export interface PublishedStoreOptions {
  readonly remote: RemoteLocation;
  readonly tables: TableStoreSource;
}

/**
 * Opens a store in an object store to read it, on any machine: each read sees everything that was published before it
 * began, which is everything up to the writer's last flush.
 *
 * @throws `storage_unavailable`, `format_newer`
 * @example await using store = await openPublishedStore({ remote: { uri: 's3://worlds/demo/default' }, tables: lancedb });
 */
export async function openPublishedStore({
  remote,
  tables: source,
}: PublishedStoreOptions): Promise<ReadOnlyStore> {
  const ends: (() => unknown)[] = [];
  try {
    const folder = mkdtempSync(join(tmpdir(), 'archetype-published-'));
    ends.unshift(() => rmSync(folder, { recursive: true, force: true }));
    const objects = await openS3(remote);
    ends.unshift(() => objects.close());
    const follower = new PointerFollower(objects, remote.uri, folder);
    ends.unshift(() => follower.close());
    const { pointer } = await follower.refresh();
    const cuts = new OpenCuts();
    let opened: Promise<TableStore> | undefined;
    const tables = (): Promise<TableStore> =>
      (opened ??= openTableStore(source, below(remote, `${pointer.store}/${source.backend}`)));
    ends.unshift(async () => (await opened)?.close());
    const view = async (): Promise<View> => ({
      ...(await follower.refresh()),
      cuts,
      tables,
      renew: view,
    });
    return new ReadOnlyStore(view, () => closeAll(ends));
  } catch (error) {
    await closeAll(ends).catch(() => undefined);
    throw error;
  }
}
