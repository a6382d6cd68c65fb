import { Worlds } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { Body, spawnBodies, turn } from '../bodies.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const n = 100;

export const benchmark: Benchmark = {
  title: 'one step and one old tick as history grows, 100 rows, durable; flat is the aim',
  async *run() {
    await using directory = await temporary();
    const store = await openDurableStore({
      directory: join(directory.path, 'run'),
      tables: lancedb,
    });
    const world = new Worlds(store).create('bench', { processors: [turn] }, { seed: 1 });
    spawnBodies(world, n);
    let first: Readonly<Record<'step' | 'tick', number>> | undefined;
    for (const ticks of [100, 1_000, 10_000, 50_000]) {
      await world.run({ steps: ticks - world.tick });
      await store.flush();
      const old = Math.floor(ticks / 3);
      const tick = async (): Promise<void> => {
        const rows = await world.query([Body], { ticks: old });
        expect(rows.column('body__a')[0] === old, 'the old tick is another');
      };
      const times = await medians({ step: () => world.step(), tick }, { rounds: 41, warmUp: 10 });
      first ??= times;
      for (const what of ['step', 'tick'] as const) {
        yield {
          work: `${what === 'step' ? 'one step' : 'one old tick'}, ${ticks.toLocaleString('en')} ticks`,
          value: times[what],
          yardstick: 'after 100 ticks',
          yardstickValue: first[what],
          unit: 'ms',
          bar: { ratio: 1.5 },
        };
      }
    }
    await store.close();
  },
};
