import { ArchetypeRuntime } from '@archetype/runtime';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { movement, Position, Velocity } from '../movers.ts';
import { oneSync } from '../one-sync.ts';
import { temporary } from '../temporary.ts';

export const benchmark: Benchmark = {
  title: 'one entity, run(1000), durable, per tick',
  async *run() {
    await using directory = await temporary();
    await using runtime = new ArchetypeRuntime({ storage: join(directory.path, 'run') });
    const world = runtime.world('bench', { processors: [movement] });
    world.spawn(Position(), Velocity({ dx: 1, dy: 2 }));
    await world.run({ steps: 100 });
    const sync = await oneSync(directory.path);
    const syncs = async (): Promise<void> => {
      for (let k = 0; k < 20; k++) await sync.write();
    };
    const { ours, yardstick } = await medians(
      { ours: () => world.run({ steps: 1000 }), yardstick: syncs },
      { rounds: 7, warmUp: 12 },
    );
    await sync.close();
    const [x] = (await world.query([Position])).column('position__x');
    expect(x === world.tick, `the entity is at ${x} after ${world.tick} ticks`);
    yield {
      work: 'one tick of one entity',
      value: ours / 1000,
      yardstick: 'write 4 kB + fdatasync',
      yardstickValue: yardstick / 20,
      unit: 'ms',
      bar: { ratio: 0.5 },
    };
  },
};
