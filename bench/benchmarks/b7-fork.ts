import { ArchetypeRuntime } from '@archetype/runtime';
import { defineComponent, defineProcessor, i32, type World } from '@archetype/core';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { movers, Position, Velocity } from '../movers.ts';
import { oneSync } from '../one-sync.ts';
import { temporary } from '../temporary.ts';

const n = 1_000_000;
const Clock = defineComponent('Clock', { ticks: i32(0) });
const count = defineProcessor({
  name: 'count',
  components: [Clock],
  process: (df) => df.withColumns((c) => ({ clock__ticks: c.clock.ticks.add(1) })),
});

export const benchmark: Benchmark = {
  title: 'fork from now, durable',
  async *run() {
    await using directory = await temporary();
    await using runtime = new ArchetypeRuntime({ storage: join(directory.path, 'fork') });
    const world = runtime.world('bench', { processors: [count], components: [Position, Velocity] });
    world.spawnMany(movers(n));
    world.spawn(Clock());
    await world.run({ steps: 1000 });
    const sync = await oneSync(directory.path);
    let branch: World | undefined;
    const fork = async (): Promise<void> => {
      branch = await world.fork();
    };
    const before = process.memoryUsage().arrayBuffers;
    const { ours, yardstick } = await medians(
      { ours: fork, yardstick: () => sync.write() },
      { rounds: 21 },
    );
    await sync.close();
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown < n, `forks took ${grown} bytes, so rows were copied`);
    expect(
      branch!.info().entities === n + 1 && branch!.tick === 1000,
      'the fork differs from its source',
    );
    const rows = await branch!.query([Clock], { ticks: 500 });
    expect(rows.column('clock__ticks')[0] === 500, 'the fork does not see the past');
    yield {
      work: `fork of ${n.toLocaleString('en')} entities and 1,000 ticks`,
      value: ours,
      yardstick: 'write 4 kB + fdatasync',
      yardstickValue: yardstick,
      unit: 'ms',
      bar: { ratio: 3 },
    };
  },
};
