import { parentPort, workerData } from 'node:worker_threads';
import { Catalog } from '../catalog/catalog.ts';
import { nodeFileSystem } from '../file-system/node-file-system.ts';
import { ABORT } from '../journal/journal.ts';
import { readSegment } from '../journal/segment.ts';
import { openTableStore } from '../table-store-source.ts';
import { flushSegment } from './flush-segment.ts';
import type { FlushReply, FlushRequest, FlushWorkerData } from './flusher.ts';

/** The thread that turns sealed segments into parts, so that ticks never wait for an engine. */
const { journal, catalogPath, source, location } = workerData as FlushWorkerData;
const port = parentPort!;
const catalog = new Catalog(catalogPath);
const tables = await openTableStore(source, location);
await removeLeftovers();

port.on('message', (request: FlushRequest) => {
  void answer(request);
});
port.postMessage({ kind: 'ready' } satisfies FlushReply);

async function answer(request: FlushRequest): Promise<void> {
  if (request.kind === 'close') {
    await tables.close();
    catalog.close();
    port.close();
    return;
  }
  try {
    const { frames } = await readSegment(nodeFileSystem, journal, request.segment, catalog.storeId);
    const records = frames.filter(
      ({ kind, sequence }) =>
        kind !== ABORT &&
        !request.aborted.some(({ from, to }) => sequence >= from && sequence <= to),
    );
    const runs = await flushSegment(records, catalog, tables);
    port.postMessage({ kind: 'flushed', segment: request.segment, runs } satisfies FlushReply);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ kind: 'failed', segment: request.segment, message } satisfies FlushReply);
  }
}

/** Parts that a crash left before they were listed. */
async function removeLeftovers(): Promise<void> {
  const listed = catalog.parts();
  const leftovers: string[] = [];
  for await (const part of tables.list()) if (!listed.has(part)) leftovers.push(part);
  await tables.remove(leftovers);
}
