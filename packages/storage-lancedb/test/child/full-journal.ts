import { Worlds } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ticksOf, walk, walkers } from '../walkers.ts';
import { outcome } from './outcome.ts';

/** Steps a world until the disk that it was given is full, makes room, and goes on; twice. Prints what it saw. */
const disk = process.argv[2]!;
/** Rows of a tick take a few pages of the disk. */
const ROWS = 1_000;
const ALL = { from: 0, to: 1e6 };
const ballast = join(disk, 'ballast');
const { bsize: page } = statfsSync(disk);
const free = (): number => statfsSync(disk).bavail * page;
writeFileSync(ballast, new Uint8Array(1 << 20));
const options = { directory: join(disk, 'store'), tables: lancedb, cache: { flushRows: 1e9 } };
const store = await openDurableStore(options);
const world = walkers(store, 'w', ROWS);
let refused = 'fine';
while (free() > 1 << 17) await world.step();
// The last page goes to a tick that needs more, and comes back with it.
writeFileSync(join(disk, 'more ballast'), new Uint8Array(free() - page));
while (refused === 'fine') refused = await outcome(world.step());
const full = world.tick;
const readable = await ticksOf(store, 'w', ROWS, ALL);
rmSync(ballast);
const sameStore = await outcome(world.step());
// Whatever a tick asks for now, it gets nothing that could come back.
writeFileSync(ballast, new Uint8Array(free()));
const refusals = new Set<string>();
for (let k = 0; k < 20; k++) refusals.add((await outcome(world.step())).slice(0, 14));
const { tick } = world;
const { broken } = store.health();
rmSync(ballast);
const closed = await outcome(store.close());
const reopened = await openDurableStore(options);
const resumed = await new Worlds(reopened).resume('w', walk);
const kept = resumed.tick;
await resumed.step();
const ticks = await ticksOf(reopened, 'w', ROWS, ALL);
const { sound } = await reopened.verify();
const { lostTicks } = reopened.health();
await reopened.close();
writeSync(
  1,
  JSON.stringify({
    full,
    refused,
    readable: readable.length,
    sameStore,
    refusals: [...refusals],
    broken,
    tick,
    closed,
    kept,
    ticks: ticks.length,
    sound,
    lostTicks,
  }),
);
