import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { readdirSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ticksOf, walkers } from '../walkers.ts';
import { outcome } from './outcome.ts';

/** Leaves too little room for a flush in the background and enough for the journal, then makes room; prints what it saw. */
const disk = process.argv[2]!;
const ROWS = 500;
const TICKS = 100;
const ballast = join(disk, 'ballast');
const store = await openDurableStore({
  directory: join(disk, 'store'),
  tables: lancedb,
  cache: { flushRows: TICKS * ROWS },
});
const world = walkers(store, 'w', ROWS);
while (world.tick < TICKS - 2) await world.step();
const { bavail, bsize } = statfsSync(disk);
writeFileSync(ballast, new Uint8Array(bavail * bsize - 80_000));
await world.step();
await world.step();
while (store.health().failures === 0) await turn();
const { lastFailure, waitingBytes } = store.health();
const left = readdirSync(join(disk, 'store', 'lance'));
const next = await outcome(world.step());
const after = await outcome(world.step());
const asked = await outcome(store.flush());
const { tick } = world;
rmSync(ballast);
const flushed = await outcome(store.flush());
const health = store.health();
const stepped = await outcome(world.step());
const ticks = await ticksOf(store, 'w', ROWS, { from: 0, to: 1e6 });
const { sound } = await store.verify();
await store.close();
writeSync(
  1,
  JSON.stringify({
    lastFailure,
    waitingBytes,
    left,
    next,
    after,
    asked,
    tick,
    flushed,
    waitingAfter: health.waitingBytes,
    parts: health.parts > 0,
    stepped,
    ticks: ticks.length,
    sound,
  }),
);
