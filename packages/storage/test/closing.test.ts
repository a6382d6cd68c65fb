import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { cacheConfig } from '../src/durable/cache-config.ts';
import { FlushSchedule } from '../src/durable/flush-schedule.ts';
import { Ledger } from '../src/durable/ledger.ts';
import { StorageWorker } from '../src/worker/storage-worker.ts';
import { openJournal, temporaryDirectory } from './journal/journal-in.ts';

afterEach(() => void vi.useRealTimers());

async function parts() {
  const directory = await temporaryDirectory();
  const { journal } = await openJournal(join(directory, 'journal'));
  const worker = new StorageWorker({
    journal: join(directory, 'journal'),
    catalogPath: join(directory, 'catalog.db'),
    owner: 1,
    source: { backend: 'none', module: 'none' },
    parts: { uri: join(directory, 'parts') },
    directory,
  });
  return { journal, worker };
}

test('a worker that was closed starts no thread any more', async () => {
  const { journal, worker } = await parts();
  await worker.close();
  await expect(worker.ask('check', undefined)).rejects.toMatchObject({ code: 'store_closed' });
  await journal.close();
});

test('after its end a schedule flushes nothing by itself, whatever is still acknowledged', async () => {
  const { journal, worker } = await parts();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let looked = 0;
  const config = cacheConfig({ idleSec: 1, flushRows: 100 });
  const flushes = new FlushSchedule(config, journal, worker, new Ledger(), async () => {
    looked++;
  });
  flushes.appended(1, 10);
  expect(vi.getTimerCount()).toBe(1);
  await flushes.end();
  expect(vi.getTimerCount()).toBe(0);
  flushes.appended(1, 10);
  flushes.appended(1000, 10);
  expect(vi.getTimerCount()).toBe(0);
  await flushes.end();
  expect(looked).toBe(0);
  expect(flushes.waiting).toBe(30);
  await journal.close();
});
