import { Worlds, type World } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { Position, Velocity, movement } from '../movers.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const worlds = 24;
/** A rate is what lasts: so many that the code is compiled before the rounds that count. */
const steps = 250;

export const benchmark: Benchmark = {
  title: 'one tick, 24 worlds stepping at once in one store, durable',
  async *run() {
    await using directory = await temporary();
    const store = await openDurableStore({
      directory: join(directory.path, 'run'),
      tables: lancedb,
    });
    const all = Array.from({ length: worlds }, (_, k): World => {
      const world = new Worlds(store).create(`w${k}`, { processors: [movement] }, { seed: k });
      world.spawn(Position(), Velocity({ dx: 1 }));
      return world;
    });
    const step = async (world: World): Promise<void> => {
      for (let k = 0; k < steps; k++) await world.step();
    };
    const times = await medians(
      { one: () => step(all[0]!), together: () => Promise.all(all.map(step)) },
      { rounds: 7, warmUp: 3 },
    );
    for (const world of all) {
      const rows = await world.query([Position]);
      expect(rows.column('position__x')[0] === world.tick, 'a world stands elsewhere');
    }
    yield {
      work: 'a tick of 24 worlds at once',
      value: times.together / worlds / steps,
      yardstick: 'a tick of one alone',
      yardstickValue: times.one / steps,
      unit: 'ms',
      bar: { ratio: 1 / 5 },
    };
    await store.close();
  },
};
