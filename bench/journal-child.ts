// A process that dies as if killed, and leaves the journal that it found or wrote: `write <directory> <rows> <bytes>` fills
// one, `open <directory>` opens a store on it, `read <directory>` reads and checksums it once. Prints what came of it as JSON.
import { Worlds } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { globSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { spawnBodies, turn } from './bodies.ts';

const [, , task, directory = '', rows, bytes] = process.argv;
/** Nothing is moved into parts. */
const cache = { flushRows: 1e12, flushMb: 1e6, globalMb: 1e6, idleSec: 1e6 };
const open = (): ReturnType<typeof openDurableStore> =>
  openDurableStore({ directory, tables: lancedb, cache, durability: 'relaxed' });

const tasks = {
  async write() {
    const store = await open();
    const world = new Worlds(store).create('bench', { processors: [turn] }, { seed: 1 });
    spawnBodies(world, Number(rows));
    while (store.health().waitingBytes < Number(bytes)) await world.run({ steps: 50 });
    return { tick: world.tick };
  },
  async open() {
    const started = performance.now();
    const store = await open();
    const ms = performance.now() - started;
    const [world] = await store.worlds();
    const snapshot = await store.snapshot(world!.world, world!.newestTick);
    const [table] = snapshot!.tables.values();
    return { ms, tick: snapshot!.tick, cell: table!.frame.at('body__a').get(0) };
  },
  async read() {
    const started = performance.now();
    for (const file of globSync('journal/*.log', { cwd: directory }))
      crc32(readFileSync(join(directory, file)));
    return { ms: performance.now() - started };
  },
};
writeSync(1, JSON.stringify(await tasks[task as keyof typeof tasks]()));
process.kill(process.pid, 'SIGKILL');
