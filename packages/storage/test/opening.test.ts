import { Worlds } from '@archetype/core';
import { openDurableStore, openReadOnlyStore } from '@archetype/storage';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { encodeJson } from '../src/codec/json-record.ts';
import { encodeFrame, encodeHeader, frameBytes } from '../src/journal/frame.ts';
import { temporaryDirectory } from './journal/journal-in.ts';
import { brokenParts, noParts } from './records.ts';

const tables = brokenParts;

async function made(): Promise<{ directory: string; storeId: Uint8Array }> {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables });
  await store.close();
  const database = new DatabaseSync(join(directory, 'catalog.db'));
  const row = database.prepare("select value from meta where key = 'store_id'").get() as {
    value: string;
  };
  database.close();
  return { directory, storeId: Buffer.from(row.value, 'hex') };
}

test('a record of a kind that this version does not know is refused by name, and left as it is', async () => {
  const { directory, storeId } = await made();
  const identity = { storeId, first: 1 };
  const record = encodeJson(77, { new: true });
  const bytes = Buffer.concat([
    encodeHeader(identity),
    ...encodeFrame({ record, sequence: 1, bytes: frameBytes(record) }, 1, identity),
  ]);
  const file = join(directory, 'journal', '0000000000000001.log');
  await writeFile(file, bytes);
  await expect(openDurableStore({ directory, tables })).rejects.toMatchObject({
    code: 'record_unknown',
    message: expect.stringContaining('kind 77'),
  });
  expect(await readFile(file)).toEqual(bytes);
});

test('a catalog of a newer format is refused', async () => {
  const { directory } = await made();
  const database = new DatabaseSync(join(directory, 'catalog.db'));
  database.exec('pragma user_version = 99');
  database.close();
  await expect(openDurableStore({ directory, tables })).rejects.toMatchObject({
    code: 'format_newer',
  });
});

/** A table store for stores that have no rows: nothing is in it, and nothing can be put there. */

/** A store whose catalog a version wrote that knew formats up to 3. */
async function ofFormat3(): Promise<string> {
  const directory = await temporaryDirectory();
  const sql = await readFile(new URL('./catalogs/format-3.sql', import.meta.url), 'utf8');
  const database = new DatabaseSync(join(directory, 'catalog.db'));
  database.exec(sql);
  database.close();
  return directory;
}

test('a catalog of format 3 is brought up to date when it is opened, and keeps what it had', async () => {
  const directory = await ofFormat3();
  const writer = await openDurableStore({ directory, tables: noParts });
  expect(await writer.quotas()).toEqual([]);
  const used = { actor: 'ann', scope: 'tokens', period: '2026-11-26', used: 3 };
  await writer.accept({ quotas: [used] });
  await writer.close();
  await using store = await openReadOnlyStore({ directory, tables: noParts });
  const one = { id: 'one', status: 'rejected', code: 'entity_not_found' };
  const two = { id: 'two', status: 'queued' };
  const three = { id: 'three', status: 'cancelled' };
  expect(await store.commands({})).toMatchObject([one, two, three]);
  expect(await store.commands({ type: 'spawn' })).toMatchObject([one, two]);
  expect(await store.commands({ limit: 1, before: 2 })).toMatchObject([two]);
  expect(await store.audit({})).toMatchObject([{ position: 0, command: 'one' }]);
  expect(await store.worlds()).toMatchObject([{ name: 'w', newestTick: 0 }]);
  expect(await store.quotas()).toEqual([used]);
});

test('a catalog of format 3 that may only be read is refused, and says what brings it up to date', async () => {
  await expect(openReadOnlyStore({ directory: await ofFormat3(), tables })).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining('open the store once for writing'),
  });
});

test('what an actor used is read by others at once, and no otherwise once it is flushed', async () => {
  const directory = await temporaryDirectory();
  await using store = await openDurableStore({ directory, tables: noParts });
  await using reader = await openReadOnlyStore({ directory, tables: noParts });
  const used = (n: number) => ({ actor: 'ann', scope: 'tokens', period: '2026-11-26', used: n });
  await store.accept({ quotas: [used(1)] });
  expect(await reader.quotas()).toEqual([used(1)]);
  await store.flush();
  expect(await store.quotas()).toEqual([used(1)]);
  expect(await reader.quotas()).toEqual([used(1)]);
  await store.accept({ quotas: [used(2)] });
  expect(await reader.quotas()).toEqual([used(2)]);
});

test('when parts cannot be written, ticks are still durable, the next caller is told once, and closing says so', async () => {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables, cache: { flushRows: 1 } });
  const world = new Worlds(store).create('w', {}, { seed: 1 });
  world.spawn();
  await world.step();
  await expect
    .poll(
      async () =>
        world.step().then(
          () => 'fine',
          (error: { code: string }) => error.code,
        ),
      { timeout: 20_000 },
    )
    .toBe('flush_failed');
  await world.step();
  const { tick } = world;
  await expect(store.close()).rejects.toMatchObject({
    code: 'close_failed',
    message: expect.stringContaining('not here'),
  });
  const again = await openDurableStore({ directory, tables });
  expect((await again.worlds())[0]).toMatchObject({ name: 'w', newestTick: tick });
  await expect(again.close()).rejects.toMatchObject({ code: 'close_failed' });
});

test('cache limits are checked', async () => {
  const directory = await temporaryDirectory();
  await expect(
    openDurableStore({ directory, tables, cache: { flushRows: 0 } }),
  ).rejects.toMatchObject({ code: 'invalid_argument' });
});
