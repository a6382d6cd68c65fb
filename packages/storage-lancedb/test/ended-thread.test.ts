import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory, ticksOf, walkers } from './walkers.ts';

const ending = { ...lancedb, module: new URL('ending-tables.ts', import.meta.url).href };

test('a storage thread that ends in the middle is told to whoever waits, and the next flush has another', async () => {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables: ending });
  const world = walkers(store, 'w', 10);
  await world.step();
  await store.flush();
  await world.step();
  await writeFile(join(directory, 'end'), '');
  const answers = await Promise.allSettled([store.flush(), store.verify()]);
  expect(answers).toMatchObject([
    {
      status: 'rejected',
      reason: {
        code: 'flush_failed',
        message: expect.stringMatching(/its thread ended with code 7\. Nothing is lost/),
      },
    },
    // It flushes first: after the one that failed, with a new thread.
    { status: 'fulfilled', value: { sound: true } },
  ]);
  await world.step();
  await store.flush();
  expect(await ticksOf(store, 'w', 10, { from: 0, to: 3 })).toEqual([0, 1, 2, 3]);
  expect(await store.verify()).toMatchObject({ sound: true, parts: 4 });
  await store.close();
});

test('all who wait when a storage thread ends are told', async () => {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables: ending });
  const world = walkers(store, 'w', 10);
  await world.step();
  await store.flush();
  await writeFile(join(directory, 'hold'), '');
  const verifying = store.verify();
  await vi.waitFor(() => access(join(directory, 'checking')), 10_000);
  await world.step();
  await writeFile(join(directory, 'end'), '');
  const answers = await Promise.allSettled([store.flush(), verifying]);
  const told = { status: 'rejected', reason: { code: 'flush_failed' } };
  expect(answers).toMatchObject([told, told]);
  await rm(join(directory, 'hold'));
  expect(await store.verify()).toMatchObject({ sound: true, parts: 3 });
  await store.close();
});

test('an engine that fails to close in the thread is told by whoever closes the store', async () => {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables: ending });
  const world = walkers(store, 'w', 10);
  await world.step();
  await store.flush();
  await writeFile(join(directory, 'fail'), '');
  await expect(store.close()).rejects.toThrow('the engine did not close');
  await rm(join(directory, 'fail'));
  const again = await openDurableStore({ directory, tables: ending });
  expect(await ticksOf(again, 'w', 10, { from: 0, to: 1 })).toEqual([0, 1]);
  await again.close();
});
