import { Worlds } from '@archetype/core';
import { openReadOnlyStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { manyParts, open } from './many-parts.ts';
import { Position, temporaryDirectory, ticksOf, walkers } from './walkers.ts';

const partsIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(join(directory, 'lance'))).toSorted();

/** Which files on the disk hold the rows of a part. */
async function dataOf(directory: string, part: string): Promise<readonly number[]> {
  const data = join(directory, 'lance', part, 'data');
  const files = await Promise.all((await readdir(data)).map((name) => stat(join(data, name))));
  return files.map(({ ino }) => ino).toSorted((a, b) => a - b);
}

/** Parts that were replaced and not forgotten. */
function retiredIn(directory: string): readonly string[] {
  const catalog = new DatabaseSync(join(directory, 'catalog.db'), { readOnly: true });
  const rows = catalog.prepare('select part from retired').all() as { part: string }[];
  catalog.close();
  return rows.map(({ part }) => part);
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k);

describe('merging', () => {
  test('parts become fewer, the rows stay the same, before and after opening again', async () => {
    const directory = await temporaryDirectory();
    const { store } = await manyParts(directory, 12);
    const before = await partsIn(directory);
    await store.compact();
    const after = await partsIn(directory);
    expect(after.length).toBeLessThan(before.length);
    expect(after).toHaveLength(2);
    expect(await ticksOf(store, 'w', 10, { from: 0, to: 11 })).toEqual(range(0, 11));
    await store.close();
    const again = await open(directory);
    expect(await ticksOf(again, 'w', 10, { from: 0, to: 11 })).toEqual(range(0, 11));
    expect(await again.verify()).toMatchObject({ sound: true, parts: 2 });
    await again.close();
  });

  test('a read under way goes on, whole and in order, while its parts are replaced', async () => {
    const directory = await temporaryDirectory();
    const { store, world } = await manyParts(directory, 9);
    const query = { world: world.info().id, ticks: { from: 0, to: 8 }, components: ['Position'] };
    const seen: number[] = [];
    for await (const frame of store.scan({ ...query, columns: [] })) {
      if (seen.length === 0) await store.compact();
      expect(frame.numRows).toBe(10);
      seen.push((frame.column('tick') as Int32Array)[0]!);
    }
    expect(seen).toEqual(range(0, 8));
    await store.close();
  });

  test('a reader in another process that loses its parts takes up behind its last row', async () => {
    const directory = await temporaryDirectory();
    const store = await open(directory, { graceSec: 0 });
    // More rows than are read at a time, so that some parts are asked for after they went.
    const n = 70_000;
    const world = walkers(store, 'w', n);
    for (let tick = 1; tick < 6; tick++) {
      await world.step();
      await store.flush();
    }
    const reader = await openReadOnlyStore({ directory, tables: lancedb });
    const query = { world: world.info().id, ticks: { from: 0, to: 5 }, components: ['Position'] };
    const seen: number[] = [];
    for await (const frame of reader.scan({ ...query, columns: [] })) {
      if (seen.length === 0) await store.compact();
      expect(frame.numRows).toBe(n);
      seen.push((frame.column('tick') as Int32Array)[0]!);
    }
    expect(seen).toEqual(range(0, 5));
    await reader.close();
    await store.close();
  });

  test('readers in the middle of a large part go on, whole and in order, while another with an index takes its place', async () => {
    const directory = await temporaryDirectory();
    const [n, ticks] = [70_000, 4];
    const busy = { ...lancedb, module: new URL('unindexed-tables.ts', import.meta.url).href };
    const before = await open(directory, { tables: busy, cache: { flushRows: 1e9 } });
    const world = walkers(before, 'w', n);
    for (let tick = 1; tick < ticks; tick++) await world.step();
    await before.close();
    const indexed = (): readonly number[] => {
      const catalog = new DatabaseSync(join(directory, 'catalog.db'), { readOnly: true });
      const rows = catalog.prepare('select indexed from parts where rows > 200000').all();
      catalog.close();
      return (rows as { indexed: number }[]).map((row) => row.indexed);
    };
    expect(indexed()).toEqual([0]);
    const store = await open(directory, { graceSec: 0 });
    const reader = await openReadOnlyStore({ directory, tables: lancedb });
    const query = {
      world: world.info().id,
      ticks: { from: 0, to: ticks - 1 },
      components: ['Position'],
      columns: [],
    };
    const scans = [store, reader].map((each) => each.scan(query));
    const firsts = await Promise.all(scans.map(async (scan) => (await scan.next()).value));
    const old = await partsIn(directory);
    await store.flush();
    expect(indexed()).toEqual([1]);
    // The scan of the same process keeps the part that it is in.
    const parts = await partsIn(directory);
    expect(parts).toEqual(expect.arrayContaining([...old]));
    const added = parts.filter((part) => !old.includes(part));
    expect(added).toHaveLength(1);
    // Rows are not written anew for an index.
    const large = await Promise.all(old.map((part) => dataOf(directory, part)));
    expect(large).toContainEqual(await dataOf(directory, added[0]!));
    for (const [k, scan] of scans.entries()) {
      const frames = [firsts[k]];
      for await (const frame of scan) frames.push(frame);
      expect(frames.map((frame) => frame.numRows)).toEqual(Array(ticks).fill(n));
      expect(frames.map((frame) => frame.column('tick')[0])).toEqual(range(0, ticks - 1));
    }
    await reader.close();
    await store.close();
  });

  test('a reader finds its rows elsewhere when the files of replaced parts go before they are forgotten', async () => {
    const directory = await temporaryDirectory();
    const { store } = await manyParts(directory, 4, { graceSec: 3600 });
    const reader = await openReadOnlyStore({
      directory,
      tables: { ...lancedb, module: new URL('waiting-tables.ts', import.meta.url).href },
    });
    Object.assign(globalThis, {
      beforeRead: async () => {
        await store.compact();
        for (const part of retiredIn(directory))
          await rm(join(directory, 'lance', `${part}.lance`), { recursive: true });
      },
    });
    expect(await ticksOf(reader, 'w', 10, { from: 0, to: 3 })).toEqual(range(0, 3));
    await reader.close();
    await store.close();
  });

  test('a part that is lost for good is named', async () => {
    const directory = await temporaryDirectory();
    const { store } = await manyParts(directory, 3);
    await store.close();
    for (const part of await partsIn(directory))
      await rm(join(directory, 'lance', part), { recursive: true });
    const again = await open(directory);
    await expect(ticksOf(again, 'w', 10, { from: 0, to: 2 })).rejects.toMatchObject({
      code: 'part_missing',
    });
    await again.close();
  });

  test('what was replaced stays for its grace', async () => {
    const directory = await temporaryDirectory();
    const { store } = await manyParts(directory, 4, { graceSec: 3600 });
    const before = await partsIn(directory);
    await store.compact();
    expect(await partsIn(directory)).toEqual(expect.arrayContaining([...before]));
    await store.close();
    const again = await open(directory, { graceSec: 0 });
    await again.compact();
    expect(await partsIn(directory)).toHaveLength(2);
    await again.close();
  });
});

describe('dropping a world', () => {
  test('is refused while it lives or forks read it, and then frees its bytes', async () => {
    const directory = await temporaryDirectory();
    const { store, world } = await manyParts(directory, 5);
    const { id } = world.info();
    await expect(store.drop(id)).rejects.toMatchObject({ code: 'world_in_use' });
    const fork = await world.fork({ name: 'child' });
    await fork.step();
    await world.destroy();
    await expect(store.drop(id)).rejects.toMatchObject({
      code: 'world_in_use',
      message: expect.stringContaining('"child"'),
    });
    const forkId = fork.info().id;
    await fork.destroy();
    await store.drop(forkId);
    await store.drop(id);
    await store.compact();
    expect(await store.worlds()).toEqual([]);
    expect(await store.du()).toEqual([]);
    expect(await partsIn(directory)).toEqual([]);
    await store.close();
    const again = await open(directory);
    expect(await again.worlds()).toEqual([]);
    await again.close();
  });
});

describe('what a store says of itself', () => {
  test('du: bytes by world, run and table', async () => {
    const directory = await temporaryDirectory();
    const { store, world } = await manyParts(directory, 3);
    const uses = await store.du();
    expect(uses.map(({ name, rows }) => [name, rows])).toEqual(
      expect.arrayContaining([
        ['w', 30],
        ['w', 1],
      ]),
    );
    expect(uses.every(({ bytes, world: id }) => bytes > 0 && id === world.info().id)).toBe(true);
    const { partBytes, parts } = store.health();
    expect(uses.reduce((n, { bytes }) => n + bytes, 0)).toBe(partBytes);
    expect(parts).toBe(3);
    await store.close();
  });

  test.each([
    ['deleted', (file: string) => rm(file), 'is gone'],
    ['cut', (file: string) => truncate(file, 10), 'bytes where'],
    ['altered', async (file: string) => writeFile(file, 'x', { flag: 'r+' }), 'other content'],
  ])('verify names a file that was %s', async (_how, harm, problem) => {
    const directory = await temporaryDirectory();
    const { store } = await manyParts(directory, 2);
    expect(await store.verify()).toMatchObject({ sound: true, problems: [] });
    const part = join(directory, 'lance', (await partsIn(directory))[0]!);
    const [data] = await readdir(join(part, 'data'));
    await harm(join(part, 'data', data!));
    const { sound, problems } = await store.verify();
    expect(sound).toBe(false);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.problem).toContain(problem);
    await store.close();
  });

  test.each([
    ['its data deleted', (file: string) => rm(file)],
    ['its data cut', (file: string) => truncate(file, 10)],
    ['its data overwritten', async (file: string) => writeFile(file, 'x'.repeat(4096))],
  ])('a part with %s is named by whoever reads it', async (_how, harm) => {
    const directory = await temporaryDirectory();
    const { store } = await manyParts(directory, 2);
    await store.close();
    for (const part of await partsIn(directory)) {
      const [data] = await readdir(join(directory, 'lance', part, 'data'));
      await harm(join(directory, 'lance', part, 'data', data!));
    }
    const again = await open(directory);
    const named = { code: 'part_damaged', message: expect.stringContaining('Restore') };
    await expect(ticksOf(again, 'w', 10, { from: 0, to: 0 })).rejects.toMatchObject(named);
    const reader = await new Worlds(again).attach('w');
    await expect(
      reader.query([Position], { ticks: { from: 0, to: 0 }, entities: [1] }),
    ).rejects.toMatchObject(named);
    await again.close();
  });
});
