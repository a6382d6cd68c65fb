import type { SettledCommand } from '@archetype/core';
import { openDurableStore, openReadOnlyStore } from '@archetype/storage';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './journal/journal-in.ts';
import { command, noParts, worldRecord } from './records.ts';

const tables = noParts;
const record = worldRecord();

/** Where flushes come between an end, the command that it ends, and another end. */
const places = [[], [1], [2], [1, 2], [1, 2, 3]];

test.each(places.map((flushes) => ({ flushes })))(
  'a command whose end comes first has ended when it is here, also for other readers and when the store is opened again; flushes behind $flushes',
  async ({ flushes }) => {
    const directory = await temporaryDirectory();
    const store = await openDurableStore({ directory, tables, cache: { idleSec: 1e6 } });
    await using reader = await openReadOnlyStore({ directory, tables });
    const ended = [
      { id: 'early', status: 'applied', result: 7, settledAt: { run: record.run, tick: 0 } },
      { id: 'cancelled', status: 'cancelled' },
      { id: 'waiting', status: 'queued' },
    ];
    const lease = await store.create(record);
    const settled: SettledCommand[] = [{ command: 'early', status: 'applied', result: 7 }];
    await store.append([
      { lease, tick: 0, tables: [], counters: { nextEntity: 1, nextMessage: 1 }, settled },
    ]);
    await store.accept({ settled: [{ command: 'cancelled', status: 'cancelled' }] });
    if (flushes.includes(1)) await store.flush();
    await store.accept({
      commands: [command('early', 0), command('cancelled', 1), command('waiting', 2)],
    });
    expect(await store.commands({})).toMatchObject(ended);
    if (flushes.includes(2)) await store.flush();
    await store.accept({
      settled: ['early', 'cancelled'].map((id) => ({ command: id, status: 'rejected' })),
    });
    if (flushes.includes(3)) await store.flush();
    expect(await store.commands({})).toMatchObject(ended);
    expect(await store.commands({ status: 'queued' })).toHaveLength(1);
    expect(await reader.commands({})).toMatchObject(ended);
    await store.close();
    await using again = await openDurableStore({ directory, tables });
    expect(await again.commands({})).toMatchObject(ended);
    expect(await again.commands({ status: 'rejected' })).toEqual([]);
  },
);

test('an end whose command never came goes with its world', async () => {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables, cache: { idleSec: 1e6 } });
  const lease = await store.create(record);
  const settled: SettledCommand[] = [{ command: 'never', status: 'applied' }];
  await store.append([
    { lease, tick: 0, tables: [], counters: { nextEntity: 1, nextMessage: 1 }, settled },
  ]);
  await store.destroy(lease);
  await store.drop(record.world);
  await store.close();
  const database = new DatabaseSync(join(directory, 'catalog.db'), { readOnly: true });
  expect(database.prepare('select * from early_ends').all()).toEqual([]);
  database.close();
});
