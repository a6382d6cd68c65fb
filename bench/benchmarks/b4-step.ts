import { ArchetypeRuntime } from '@archetype/runtime';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { Body, bytesOf, spawnBodies, turn } from '../bodies.ts';
import { floorIn } from '../floor.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

export const benchmark: Benchmark = {
  title: 'one step of 8 columns, durable',
  async *run() {
    for (const n of [1_000, 10_000]) {
      await using directory = await temporary();
      await using runtime = new ArchetypeRuntime({ storage: join(directory.path, 'run') });
      const world = runtime.world('bench', { processors: [turn] });
      spawnBodies(world, n);
      await world.run({ steps: 20 });
      const floor = await floorIn(directory.path);
      const bytes = bytesOf(n);
      const { ours, yardstick } = await medians(
        { ours: () => world.step(), yardstick: () => floor.write(bytes) },
        // Small steps are over before the compiler has seen them.
        { rounds: 201, warmUp: n > 1_000 ? 400 : 2_000 },
      );
      await floor.close();
      const last = (await world.query([Body])).column('body__h');
      expect(last[n - 1] === (n - 1) * 8 + 7 + 8 * world.tick, 'the last body is elsewhere');
      yield {
        work: `one step of ${n.toLocaleString('en')} rows`,
        value: ours,
        yardstick: 'its buffers, write + fdatasync',
        yardstickValue: yardstick,
        unit: 'ms',
        bar: { ratio: 2 },
      };
    }
  },
};
