import { Worlds } from '@archetype/core';
import { openReadOnlyStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { cp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { manyParts, open } from './many-parts.ts';
import { Home, Position, temporaryDirectory, ticksOf, walk, walkers } from './walkers.ts';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k);

/** A copy of a directory that somebody works in, taken while its catalog and its parts stayed as they were. */
async function copyAtRest(directory: string): Promise<string> {
  const look = async (): Promise<string> => {
    const wal = await stat(join(directory, 'catalog.db-wal'));
    return [wal.mtimeMs, wal.size, ...(await readdir(join(directory, 'lance')))].join();
  };
  for (;;) {
    const copy = await temporaryDirectory();
    const before = await look();
    await cp(directory, copy, { recursive: true });
    if ((await look()) === before) return copy;
  }
}

describe('retention', () => {
  test('keeps every k-th tick, the newest and fork points; a thinned tick is named', async () => {
    const directory = await temporaryDirectory();
    const { store, world } = await manyParts(directory, 20);
    const fork = await world.fork({ name: 'f' });
    await fork.run({ steps: 3 });
    await world.run({ steps: 10 });
    expect(await store.retain(world.info().id, { olderThan: 5, every: 4 })).toBeGreaterThan(10);
    const kept = [0, 4, 8, 12, 16, 19, 20, 24, ...range(24, 29)];
    for (const life of ['at once', 'merged', 'opened again']) {
      if (life === 'merged') await store.compact();
      const reading = life === 'opened again' ? await open(directory, { graceSec: 0 }) : store;
      expect(await ticksOf(reading, 'w', 10, { from: 0, to: 29 }), life).toEqual([
        ...new Set(kept),
      ]);
      const reader = await new Worlds(reading).attach('w');
      await expect(reader.query([Position], { ticks: 17 }), life).rejects.toMatchObject({
        code: 'tick_not_retained',
        message: expect.stringContaining('Tick 17'),
      });
      // The table that never changed is as at a tick that went, and still has its row.
      expect((await reader.query([Home], { ticks: 24 })).numRows, life).toBe(1);
      expect((await reader.query([Home])).numRows, life).toBe(1);
      expect(await ticksOf(reading, 'f', 10, { from: 19, to: 22 }), life).toEqual(range(19, 22));
      expect(reading.health().lostTicks).toEqual([]);
      if (life === 'merged') await store.close();
      else if (life === 'opened again') await reading.close();
    }
  });

  test('a scan that has begun gives the ticks that retention takes meanwhile, and the next one does not', async () => {
    const directory = await temporaryDirectory();
    const store = await open(directory, { graceSec: 0 });
    // More rows than are read at a time, so that most ticks are read after they went.
    const n = 70_000;
    const world = walkers(store, 'w', n);
    for (let tick = 1; tick < 6; tick++) {
      await world.step();
      await store.flush();
    }
    const { id } = world.info();
    const query = { world: id, ticks: { from: 0, to: 5 }, components: ['Position'], columns: [] };
    const seen: number[] = [];
    for await (const frame of store.scan(query)) {
      if (seen.length === 0) {
        expect(await store.retain(id, { olderThan: 0, every: 100 })).toBe(4);
        await store.compact();
      }
      expect(frame.numRows).toBe(n);
      seen.push((frame.column('tick') as Int32Array)[0]!);
    }
    expect(seen).toEqual(range(0, 5));
    expect(await ticksOf(store, 'w', n, { from: 0, to: 5 })).toEqual([0, 5]);
    await store.compact();
    expect(await store.verify()).toMatchObject({ sound: true });
    await store.close();
  });

  test('the world goes on, and its unchanged tables stay unchanged', async () => {
    const directory = await temporaryDirectory();
    const { store, world } = await manyParts(directory, 8);
    await store.retain(world.info().id, { olderThan: 0, every: 100 });
    await world.run({ steps: 2 });
    await world.close();
    const resumed = await new Worlds(store).resume('w', walk);
    await resumed.run({ steps: 2 });
    expect(await ticksOf(store, 'w', 10, { from: 0, to: 99 })).toEqual([0, 7, 8, 9, 10, 11]);
    expect((await resumed.query([Home])).numRows).toBe(1);
    await store.close();
  });

  test('a fork of a thinned tick is refused', async () => {
    const directory = await temporaryDirectory();
    const { store, world } = await manyParts(directory, 8);
    await store.retain(world.info().id, { olderThan: 2, every: 100 });
    await expect(world.fork({ at: 3 })).rejects.toMatchObject({ code: 'tick_not_retained' });
    const fork = await world.fork({ at: 0 });
    await fork.step();
    expect((await fork.query([Position])).column('position__x')[0]).toBe(1);
    await store.close();
  });

  test('set for a store, it is applied after each flush', async () => {
    const directory = await temporaryDirectory();
    const { store } = await manyParts(directory, 10, { retention: { olderThan: 3, every: 5 } });
    await store.flush();
    await store.close();
    const again = await open(directory, { retention: { olderThan: 3, every: 5 } });
    const kept = await ticksOf(again, 'w', 10, { from: 0, to: 9 });
    expect(kept).toEqual(expect.arrayContaining([0, 5, 6, 7, 8, 9]));
    expect(kept.length).toBeLessThan(10);
    await again.close();
  });

  test.each([
    ['as it is', ''],
    [
      'as an older version left it',
      'delete from ticks where tick = 8; update retained set up_to = 8',
    ],
  ])('ticks thinned while newer ones wait in the journal are not lost: %s', async (_how, sql) => {
    const directory = await temporaryDirectory();
    // The first nine ticks are flushed; all that comes later waits.
    const cache = { flushRows: 91, idleSec: 1000 };
    const store = await open(directory, { cache, retention: { olderThan: 2, every: 5 } });
    const world = walkers(store, 'w', 10);
    for (let tick = 1; tick < 16; tick++) await world.step();
    const all = { from: 0, to: 99 };
    await expect
      .poll(async () => (await ticksOf(store, 'w', 10, all)).includes(7), { timeout: 10_000 })
      .toBe(false);
    const copy = await copyAtRest(directory);
    await store.close();
    const catalog = new DatabaseSync(join(copy, 'catalog.db'));
    catalog.exec(sql);
    catalog.close();
    const kept = sql === '' ? [0, 5, ...range(8, 15)] : [0, 5, ...range(9, 15)];
    for (const life of ['read only', 'opened', 'opened again']) {
      const reading =
        life === 'read only'
          ? await openReadOnlyStore({ directory: copy, tables: lancedb })
          : await open(copy);
      expect(await ticksOf(reading, 'w', 10, all), life).toEqual(kept);
      const reader = await new Worlds(reading).attach('w');
      await expect(reader.query([Position], { ticks: 7 }), life).rejects.toMatchObject({
        code: 'tick_not_retained',
      });
      expect((await reader.query([Home])).numRows, life).toBe(1);
      if ('health' in reading) {
        expect(reading.health().lostTicks, life).toEqual([]);
        await reading.flush();
      }
      await reading.close();
    }
  });

  test.each([
    [{ olderThan: -1, every: 2 }, 'olderThan'],
    [{ olderThan: 1, every: 0 }, 'every'],
    [{ olderThan: Number.NaN, every: 1 }, 'olderThan'],
  ])('%j is refused', async (policy, name) => {
    const directory = await temporaryDirectory();
    const store = await open(directory);
    await expect(store.retain('x', policy)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(name),
    });
    await store.close();
  });
});
