import { dirname } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import { makeDirectory, syncDirectory } from '../file-system/make-directory.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { ABORT } from '../journal/recovery.ts';
import { readSegment, type ReadSegment } from '../journal/segment.ts';
import { LentMemory } from '../lent-memory.ts';
import { isRemote } from '../remote/location.ts';
import { Publisher } from '../remote/publisher.ts';
import { openTableStore } from '../table-store-source.ts';
import type { TableStore } from '../table-store.ts';
import { checkParts } from './check-parts.ts';
import { segmentDamaged } from './flush-failure.ts';
import { flushSegment } from './flush-segment.ts';
import { indexPart } from './index-part.ts';
import { mergeParts } from './merge-parts.ts';
import { ownerOf } from './part-id.ts';
import type { RequestName, Requests, ThreadData } from './requests.ts';

/** Everything that flushes, merges, thins and checks, with a catalog and a table store of its own. */
export interface Operations {
  run<N extends RequestName>(name: N, given: Requests[N]['given']): Promise<Requests[N]['answer']>;
  close(): Promise<void>;
}

type Table = {
  readonly [N in RequestName]: (
    given: Requests[N]['given'],
  ) => Promise<Requests[N]['answer']> | Requests[N]['answer'];
};

export async function openOperations(data: ThreadData): Promise<Operations> {
  const catalog = new Catalog(data.catalogPath, { owner: data.owner });
  const tables = await openTableStore(data.source, data.parts);
  await keepFolder(data.parts.uri);
  await removeLeftovers(catalog, tables, data.owner);
  const publisher = await openPublisher(data, catalog);
  const operations = operationsOn(data, catalog, tables, publisher);
  return {
    run: async (name, given) => operations[name](given),
    close: async () => {
      await tables.close();
      publisher?.close();
      catalog.close();
    },
  };
}

/** Makes the folder of parts. Whoever made it, in whichever thread or process, may not have synced its name. */
async function keepFolder(uri: string): Promise<void> {
  if (isRemote(uri)) return;
  await makeDirectory(uri);
  await syncDirectory(dirname(uri));
}

async function openPublisher(
  { published, owner, directory }: ThreadData,
  catalog: Catalog,
): Promise<Publisher | undefined> {
  return published && Publisher.open(published, { catalog, owner, directory });
}

const operationsOn = (
  { journal, owner }: ThreadData,
  catalog: Catalog,
  tables: TableStore,
  publisher: Publisher | undefined,
  lent = new LentMemory(),
): Table => ({
  flush: ({ segment, aborted, intact }) =>
    lent.lend(async (memory) => {
      // Segments go with whoever owns the store.
      catalog.confirmOwner();
      const { storeId } = catalog;
      const read = await readSegment(nodeFileSystem, journal, segment, storeId, memory);
      if (intact) checkIntact(read);
      const { frames } = read;
      const records = frames.filter(
        ({ kind, sequence }) =>
          kind !== ABORT && !aborted.some(({ from, to }) => sequence >= from && sequence <= to),
      );
      return flushSegment(records, catalog, tables, owner);
    }),
  merge: (limits) => mergeParts(catalog, tables, limits, owner),
  index: () => indexPart(catalog, tables, owner),
  publish: async () => publisher?.publish(),
  sweep: async ({ graceMs, pinned }) => {
    // Whoever begins to read from here on must not be shown what is removed.
    await publisher?.publish();
    const parts = catalog.retired(Date.now(), graceMs).filter((part) => !pinned.includes(part));
    await tables.remove(parts);
    catalog.forgetRetired(parts);
    return parts.length;
  },
  thin: (thinning) => catalog.thin(thinning),
  drop: ({ world, run }) => catalog.dropWorld(world, run),
  check: () => checkParts(catalog, tables),
});

/** @throws `flush_failed` */
function checkIntact({ name, bytes, damaged, end }: ReadSegment): void {
  const [range] = damaged;
  if (range !== undefined) throw segmentDamaged(name, range.from, range.to);
  if (end < bytes.byteLength) throw segmentDamaged(name, end, bytes.byteLength);
}

/** Parts that a crash left before they were listed. Those of a later owner may be on their way. */
async function removeLeftovers(catalog: Catalog, tables: TableStore, owner: number): Promise<void> {
  const known = catalog.knownParts();
  const leftovers: string[] = [];
  for await (const part of tables.list())
    if (!known.has(part) && ownerOf(part) <= owner) leftovers.push(part);
  await tables.remove(leftovers);
}
