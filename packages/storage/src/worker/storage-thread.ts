import { ArchetypeError } from '@archetype/core';
import { parentPort, workerData } from 'node:worker_threads';
import { Catalog } from '../catalog/catalog.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { ABORT } from '../journal/recovery.ts';
import { readSegment } from '../journal/segment.ts';
import { openTableStore } from '../table-store-source.ts';
import { checkParts } from './check-parts.ts';
import { flushSegment } from './flush-segment.ts';
import { indexPart, mergeParts } from './merge-parts.ts';
import { ownerOf } from './part-id.ts';
import type { RequestName, Requests, ThreadData, ThreadReply, ThreadRequest } from './requests.ts';

/** The thread that flushes, merges, thins and checks, so that ticks never wait for an engine. */
const { journal, catalogPath, owner, source, location } = workerData as ThreadData;
const port = parentPort!;
const catalog = new Catalog(catalogPath, { owner });
const tables = await openTableStore(source, location);
await removeLeftovers();

const operations: {
  readonly [N in RequestName]: (
    given: Requests[N]['given'],
  ) => Promise<Requests[N]['answer']> | Requests[N]['answer'];
} = {
  flush: async ({ segment, aborted }) => {
    const { frames } = await readSegment(nodeFileSystem, journal, segment, catalog.storeId);
    const records = frames.filter(
      ({ kind, sequence }) =>
        kind !== ABORT && !aborted.some(({ from, to }) => sequence >= from && sequence <= to),
    );
    return flushSegment(records, catalog, tables, owner);
  },
  merge: (limits) => mergeParts(catalog, tables, limits, owner),
  index: () => indexPart(catalog, tables),
  sweep: async ({ graceMs, pinned }) => {
    const parts = catalog.retired(Date.now(), graceMs).filter((part) => !pinned.includes(part));
    await tables.remove(parts);
    catalog.forgetRetired(parts);
    return parts.length;
  },
  thin: (thinning) => catalog.thin(thinning),
  drop: ({ world, run }) => catalog.dropWorld(world, run),
  check: () => checkParts(catalog, tables),
};

port.on('message', (request: ThreadRequest) => {
  void answer(request);
});
port.postMessage({ kind: 'ready' } satisfies ThreadReply);

async function answer(request: ThreadRequest): Promise<void> {
  if (request.kind === 'close') {
    await tables.close();
    catalog.close();
    port.close();
    return;
  }
  try {
    const operate = operations[request.kind] as (given: unknown) => unknown;
    port.postMessage({
      kind: 'done',
      answer: await operate(request.given),
    } satisfies ThreadReply);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof ArchetypeError ? error.code : undefined;
    port.postMessage({ kind: 'failed', code, message } satisfies ThreadReply);
  }
}

/** Parts that a crash left before they were listed. Those of a later owner may be on their way. */
async function removeLeftovers(): Promise<void> {
  const known = catalog.knownParts();
  const leftovers: string[] = [];
  for await (const part of tables.list())
    if (!known.has(part) && ownerOf(part) <= owner) leftovers.push(part);
  await tables.remove(leftovers);
}
