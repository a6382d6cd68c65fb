import type { OpenTableStore, TableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { isMainThread } from 'node:worker_threads';
import { step } from './dying.ts';
import { recordSyncs } from './recorded-syncs.ts';

if (!isMainThread) recordSyncs();

/** LanceDB, with a step before and after each of its calls in the storage thread. */
export const openTableStore: OpenTableStore = async (location) => {
  const module = (await import(lancedb.module)) as { openTableStore: OpenTableStore };
  const store = await module.openTableStore(location);
  if (isMainThread) return store;
  const around =
    <A extends readonly unknown[], R>(name: string, call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      step(`before ${name}`);
      const result = await call.apply(store, given as never);
      step(`after ${name}`);
      return result;
    };
  const wrapped: TableStore = {
    write: around('write', store.write),
    index: around('index', store.index!),
    copyIndexed: around('copy', store.copyIndexed!),
    remove: around('remove', store.remove),
    scan: (slices, columns) => store.scan(slices, columns),
    take: (part, columns, ranges) => store.take!(part, columns, ranges),
    check: (part, files) => store.check(part, files),
    list: () => store.list(),
    close: () => store.close(),
  };
  return wrapped;
};
