import { Worlds, type ArchetypeError, type Store } from '@archetype/core';
import { openDurableStore, type DurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home, Position, temporaryDirectory, walk, walkers } from '../walkers.ts';

/** Every record with `ARCHETYPE_CRASH=full`; else the first of each kind. */
const full = process.env['ARCHETYPE_CRASH'] === 'full';
const LONG = 600_000;

/** Two worlds, a fork, one that was destroyed and one that was resumed, all of it in the journal. */
async function killed(): Promise<{ directory: string; journal: string; frames: number[] }> {
  const directory = await temporaryDirectory();
  const live = await temporaryDirectory();
  const store = await openDurableStore({ directory: live, tables: lancedb });
  const worlds = new Worlds(store);
  const one = walkers(store, 'one', 3);
  for (let k = 0; k < 4; k++) await one.step();
  const fork = await one.fork({ name: 'fork', at: 2 });
  await fork.step();
  const two = walkers(store, 'two', 2);
  await two.step();
  two.spawn(Position(), Home());
  await two.step();
  const three = walkers(store, 'three', 1);
  await three.step();
  await three.destroy();
  const again = await worlds.resume('two', walk);
  await again.step();
  await store.accept({ quotas: [], audit: [], commands: [], settled: [] });
  await one.step();
  await cp(live, directory, { recursive: true });
  await store.close();
  return { directory, ...(await journalIn(directory)) };
}

/** The last segment of a store, and where its frames begin. */
async function journalIn(directory: string): Promise<{ journal: string; frames: number[] }> {
  const names = await readdir(join(directory, 'journal'));
  const journal = join(
    directory,
    'journal',
    names.findLast((file) => file.endsWith('.log'))!,
  );
  const bytes = await readFile(journal);
  const frames: number[] = [];
  for (let at = 64; at < bytes.length; at += 32 + bytes.readUInt32LE(at + 16)) frames.push(at);
  return { journal, frames };
}

/** What each tick of each world holds, or the code that it is refused with. */
async function read(store: Store): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { world, name, newestTick } of await store.worlds()) {
    const reader = await new Worlds(store).attach(name);
    for (let tick = 0; tick <= newestTick; tick++) {
      const rows = await Promise.all(
        [[Position], [Home]].map((components) => reader.query(components, { ticks: tick })),
      ).then(
        (frames) =>
          JSON.stringify(
            frames.map((frame) =>
              frame.toRows().map((row) => ({ ...row, world_id: 0, run_id: 0 })),
            ),
          ),
        (error: unknown) => (error as ArchetypeError).code ?? String(error),
      );
      found.set(`${world} ${tick}`, rows);
    }
  }
  return found;
}

/** The tick behind one, in the same world. */
function after(tick: string): string {
  const [world, number] = tick.split(' ');
  return `${world} ${Number(number) + 1}`;
}

const reading = async (directory: string): Promise<Map<string, string>> => {
  await using store = await openDurableStore({ directory, tables: lancedb });
  return await read(store);
};

test(
  'whichever record is damaged, the store opens, says so, gives every tick as it was or refuses it, and goes on',
  async () => {
    const { directory, journal, frames } = await killed();
    const copy = async (): Promise<string> => {
      const to = join(await temporaryDirectory(), 'store');
      await cp(directory, to, { recursive: true });
      return to;
    };
    const whole = await reading(await copy());
    expect([...whole.values()].every((rows) => rows.startsWith('['))).toBe(true);
    const bytes = await readFile(journal);
    const firsts = new Map(frames.toReversed().map((at) => [bytes[at + 4]!, at]));
    expect(new Set(firsts.keys())).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
    let refused = 0;
    const check = async (store: DurableStore, what: string): Promise<void> => {
      const found = await read(store);
      const { lostTicks, missingRecords } = store.health();
      const lost = new Set(
        lostTicks.flatMap(({ world, ticks }) => ticks.map((t) => `${world} ${t}`)),
      );
      for (const [tick, rows] of whole) {
        const now = found.get(tick);
        if (now === rows) continue;
        refused++;
        // A tick at the end of its world is not there to be asked for. Where nothing tells its number, the opening that finds
        // the damage names its bytes.
        if (now === undefined)
          expect(lost.has(tick) || !whole.has(after(tick)), `${what}: tick ${tick}`).toBe(true);
        else expect(now, `${what}: tick ${tick}`).toBe('tick_damaged');
      }
      const { sound, problems } = await store.verify();
      expect(problems, what).toEqual([]);
      if (lost.size + missingRecords > 0) expect(sound, what).toBe(false);
    };
    for (const at of full ? frames : firsts.values()) {
      const what = `the record of kind ${bytes[at + 4]} at byte ${at}`;
      const damaged = await copy();
      const flipped = Buffer.from(bytes);
      flipped[at + 40]! ^= 1;
      await writeFile(join(damaged, journal.slice(directory.length)), flipped);
      {
        await using store = await openDurableStore({ directory: damaged, tables: lancedb });
        const { damaged: ranges, quarantined } = store.health();
        expect(ranges.length + quarantined.length, what).toBe(1);
        await check(store, `${what}, from the journal`);
      }
      await using store = await openDurableStore({ directory: damaged, tables: lancedb });
      await check(store, `${what}, from parts`);
      for (const { name, destroyed } of await store.worlds()) {
        if (destroyed) continue;
        const stepped = await new Worlds(store)
          .resume(name, walk)
          .then((world) => world.step())
          .then(() => 'went on')
          .catch((error: unknown) => (error as ArchetypeError).code ?? String(error));
        expect(stepped, `${what}: ${name}`).toMatch(/^(went on|tick_damaged)$/);
      }
      const fresh = walkers(store, 'fresh', 2);
      await fresh.step();
      await fresh.step();
      expect((await fresh.query([Position])).numRows, what).toBe(2);
    }
    expect(refused).toBeGreaterThan(0);
    console.log(`damaged records of ${frames.length}: ${refused} reads of ticks refused`);
  },
  LONG,
);

test('a world whose own record is damaged is listed and read, and takes no more ticks', async () => {
  const { directory, journal, frames } = await killed();
  const bytes = await readFile(journal);
  const CREATED = 3;
  bytes[frames.find((at) => bytes[at + 4] === CREATED)! + 40]! ^= 1;
  await writeFile(journal, bytes);
  for (const life of ['from the journal', 'from parts']) {
    await using store = await openDurableStore({ directory, tables: lancedb });
    const lost = (await store.worlds()).find(({ name }) => name.startsWith('recovered '))!;
    expect(lost, life).toMatchObject({ newestTick: 5, destroyed: true });
    const worlds = new Worlds(store);
    const reader = await worlds.attach(lost.name);
    const xs = (await reader.query([Position], { ticks: 'all' })).column('position__x');
    expect([...xs], life).toEqual([0, 1, 2, 3, 4, 5].flatMap((x) => [x, x, x]));
    await expect(worlds.resume(lost.name, walk)).rejects.toMatchObject({ code: 'world_destroyed' });
  }
});

test('a fork never reads what its source would write in place of a lost tick', async () => {
  const [live, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const store = await openDurableStore({ directory: live, tables: lancedb });
  const source = walkers(store, 'source', 1);
  for (let tick = 0; tick < 3; tick++) await source.step();
  source.spawn(Position({ x: 100 }));
  await source.step();
  await source.fork({ name: 'fork' }).then((fork) => fork.step());
  await cp(live, directory, { recursive: true });
  await store.close();
  const { journal, frames } = await journalIn(directory);
  const bytes = await readFile(journal);
  const COMMIT = 2;
  const last = frames.filter((at) => bytes[at + 4] === COMMIT)[4]!;
  bytes[last + 40]! ^= 1;
  await writeFile(journal, bytes);
  for (const life of ['from the journal', 'from parts', 'again']) {
    await using reopened = await openDurableStore({ directory, tables: lancedb });
    const worlds = new Worlds(reopened);
    expect(reopened.health().lostTicks, life).toMatchObject([{ name: 'source', ticks: [4] }]);
    expect((await reopened.verify()).sound, life).toBe(false);
    await expect(worlds.resume('source', walk), life).rejects.toMatchObject({
      code: 'tick_damaged',
    });
    const fork = await worlds.attach('fork');
    await expect(fork.query([Position], { ticks: 4 }), life).rejects.toMatchObject({
      code: 'tick_damaged',
    });
    const xs = (await fork.query([Position], { ticks: 5 })).column('position__x');
    expect([...xs], life).toEqual([5, 101]);
  }
});

test('… nor does the fork of a fork whose own record is damaged too', async () => {
  const [live, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const store = await openDurableStore({ directory: live, tables: lancedb });
  const source = walkers(store, 'source', 1);
  for (let tick = 0; tick < 2; tick++) await source.step();
  const fork = await source.fork({ name: 'fork' });
  await fork.step();
  await fork.fork({ name: 'grandchild' }).then((grandchild) => grandchild.step());
  await cp(live, directory, { recursive: true });
  await store.close();
  const { journal, frames } = await journalIn(directory);
  const bytes = await readFile(journal);
  const [COMMIT, FORKED] = [2, 4];
  const commits = frames.filter((at) => bytes[at + 4] === COMMIT);
  const forked = frames.find((at) => bytes[at + 4] === FORKED)!;
  for (const at of [commits[2]!, forked]) bytes[at + 40]! ^= 1;
  await writeFile(journal, bytes);
  for (const life of ['from the journal', 'from parts']) {
    await using reopened = await openDurableStore({ directory, tables: lancedb });
    const grandchild = await new Worlds(reopened).attach('grandchild');
    await expect(grandchild.query([Position], { ticks: 2 }), life).rejects.toMatchObject({
      code: 'tick_damaged',
    });
    expect([...(await grandchild.query([Position])).column('position__x')], life).toEqual([4]);
  }
});

test('where all that tells of a world is damaged but its fork, the others are as they were', async () => {
  const [live, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const store = await openDurableStore({ directory: live, tables: lancedb });
  const source = walkers(store, 'source', 1);
  await source.step();
  await source.fork({ name: 'fork' }).then((fork) => fork.step());
  await walkers(store, 'other', 2).step();
  await cp(live, directory, { recursive: true });
  await store.close();
  const { journal, frames } = await journalIn(directory);
  const bytes = await readFile(journal);
  for (const at of frames) {
    const [kind, body] = [bytes[at + 4], bytes.subarray(at, at + 32 + bytes.readUInt32LE(at + 16))];
    // All but schemas (1) and the fork's own record (4).
    const lost = kind === 2 || kind === 3 ? body.includes(source.id) : false;
    if (lost) body[40]! ^= 1;
  }
  await writeFile(journal, bytes);
  for (const life of ['from the journal', 'from parts']) {
    await using reopened = await openDurableStore({ directory, tables: lancedb });
    const worlds = new Worlds(reopened);
    const names = (await worlds.list()).map(({ name }) => name);
    expect(names, life).toEqual([`recovered ${source.id}`, 'fork', 'other']);
    const other = await worlds.attach('other');
    expect((await other.query([Position])).numRows, life).toBe(2);
    const fork = await worlds.attach('fork');
    expect((await fork.query([Position])).numRows, life).toBe(1);
    await expect(fork.query([Position], { ticks: 1 }), life).rejects.toMatchObject({
      code: 'tick_damaged',
    });
  }
});

test('a tick whose columns are lost is named until it is written anew', async () => {
  const [live, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const store = await openDurableStore({ directory: live, tables: lancedb });
  const world = walkers(store, 'w', 1);
  for (let tick = 0; tick < 2; tick++) await world.step();
  await store.flush();
  world.spawn(Position(), Home());
  await world.step();
  await world.step();
  await cp(live, directory, { recursive: true });
  await store.close();
  const { journal, frames } = await journalIn(directory);
  const bytes = await readFile(journal);
  // The records that tell the columns of those who walk and have a home.
  const fresh = frames.filter((at) => {
    const text = bytes.toString('latin1', at, at + 32 + bytes.readUInt32LE(at + 16));
    return bytes[at + 4] === 1 && text.includes('position__x') && text.includes('home__at');
  });
  for (const at of fresh) bytes[at + 40]! ^= 1;
  await writeFile(journal, bytes);
  for (const life of ['from the journal', 'from parts']) {
    await using reopened = await openDurableStore({ directory, tables: lancedb });
    expect(reopened.health().lostTicks, life).toMatchObject([{ name: 'w', ticks: [3, 4] }]);
    const reader = await new Worlds(reopened).attach('w');
    for (const ticks of [4, { from: 1, to: 3 }, 'all'] as const)
      await expect(reader.query([Position], { ticks }), life).rejects.toMatchObject({
        code: 'tick_damaged',
      });
    expect((await reader.query([Position])).column('position__x')[0]).toBe(2);
  }
  const again = await openDurableStore({ directory, tables: lancedb });
  const resumed = await new Worlds(again).resume('w', walk);
  await resumed.step();
  const written = async (of: DurableStore) => {
    const reader = await new Worlds(of).attach('w');
    return [...(await reader.query([Position], { ticks: 3 })).column('position__x')];
  };
  expect(await written(again)).toEqual([3]);
  expect(again.health().lostTicks).toMatchObject([{ name: 'w', ticks: [4] }]);
  await again.close();
  await using last = await openDurableStore({ directory, tables: lancedb });
  expect(await written(last)).toEqual([3]);
  expect(last.health().lostTicks).toMatchObject([{ name: 'w', ticks: [4] }]);
});
