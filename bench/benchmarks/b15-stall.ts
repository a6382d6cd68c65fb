import { Worlds } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.ts';
import { Body, spawnBodies, turn } from '../bodies.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const n = 100_000;
const ticks = 50;

export const benchmark: Benchmark = {
  title: 'how long flushing and merging 5 M rows holds the main thread up, at most',
  async *run() {
    await using directory = await temporary();
    const store = await openDurableStore({
      directory: join(directory.path, 'run'),
      tables: lancedb,
      cache: { flushRows: 1e9, flushMb: 1e6, globalMb: 1e6, idleSec: 1e6 },
    });
    const world = new Worlds(store).create('bench', { processors: [turn] }, { seed: 1 });
    spawnBodies(world, n);
    // Several segments, so that there is something to merge.
    const flushes: number[] = [];
    for (let part = 0; part < 5; part++) {
      await world.run({ steps: ticks / 5 });
      flushes.push(await held(() => store.flush()));
    }
    const merging = await held(() => store.compact());
    const idle = await held(() => delay(1_000));
    const rows = await world.query([Body], { ticks: 7 });
    expect(rows.column('body__a')[3] === 24 + 7, 'tick 7 is another');
    for (const [work, value] of [
      ['flushing', Math.max(...flushes)],
      ['merging', merging],
    ] as const) {
      yield {
        work: `longest hold-up while ${work}`,
        value,
        yardstick: 'while idle',
        yardstickValue: idle,
        unit: 'ms',
        bar: { value: 20 },
      };
    }
    await store.close();
  },
};

/** The longest time for which the event loop did not turn while the work went on, in milliseconds. */
async function held(work: () => Promise<unknown>): Promise<number> {
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  await work();
  histogram.disable();
  return histogram.max / 1e6 - resolution;
}
