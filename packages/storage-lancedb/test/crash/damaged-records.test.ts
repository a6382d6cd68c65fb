import { Worlds, type ArchetypeError, type Store } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
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
  const name = (await readdir(join(directory, 'journal'))).find((file) => file.endsWith('.log'))!;
  const journal = join(directory, 'journal', name);
  const bytes = await readFile(journal);
  const frames: number[] = [];
  for (let at = 64; at < bytes.length; at += 32 + bytes.readUInt32LE(at + 16)) frames.push(at);
  return { directory, journal, frames };
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
    const check = async (store: Store, what: string): Promise<void> => {
      for (const [tick, rows] of await read(store)) {
        if (rows === 'tick_damaged') refused++;
        else expect(rows, `${what}: tick ${tick}`).toBe(whole.get(tick));
      }
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
        expect((await store.verify()).problems, what).toEqual([]);
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
