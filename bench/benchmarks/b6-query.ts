import { Worlds, type QueryOptions } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { Body, spawnBodies, turn } from '../bodies.ts';
import { duckBodies } from '../duck-bodies.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const n = 1_000;

export const benchmark: Benchmark = {
  title: 'queries after 1,000 and 10,000 ticks of 1,000 rows, beside DuckDB',
  async *run() {
    await using directory = await temporary();
    const store = await openDurableStore({
      directory: join(directory.path, 'run'),
      tables: lancedb,
    });
    const world = new Worlds(store).create('bench', { processors: [turn] }, { seed: 1 });
    spawnBodies(world, n);
    const duck = await duckBodies(join(directory.path, 'bodies.duckdb'), n);
    const rows = async (options: QueryOptions): Promise<number> => {
      const frame = await world.query([Body], options as never);
      return frame.column('body__a').length;
    };
    const earlier = new Map<string, number>();
    for (const ticks of [1_000, 10_000]) {
      await world.run({ steps: ticks - world.tick - (world.info().started ? 0 : 1) });
      await duck.fill(world.tick);
      await store.flush();
      const middle = Math.floor(world.tick / 2);
      const asked: readonly (readonly [string, number, QueryOptions, () => Promise<number>])[] = [
        ['newest tick', 0.5, {}, duck.newest],
        ['tick T', 2, { ticks: middle }, () => duck.tick(middle)],
        ['one entity', 1.5, { ticks: 'all', entities: [500] }, () => duck.entity(500)],
        [
          '100,000 rows',
          3,
          { ticks: { from: middle, to: middle + 99 } },
          () => duck.range(middle, middle + 99),
        ],
      ];
      for (const [name, ratio, options, theirs] of asked) {
        expect((await rows(options)) === (await theirs()), `${name} has other rows`);
        const { ours, yardstick } = await medians(
          { ours: () => rows(options), yardstick: theirs },
          { rounds: 15, warmUp: 3 },
        );
        yield {
          work: `${name}, ${ticks.toLocaleString('en')} ticks`,
          value: ours,
          yardstick: 'DuckDB table',
          yardstickValue: yardstick,
          unit: 'ms',
          bar: { ratio },
        };
        const before = earlier.get(name);
        earlier.set(name, ours);
        if (before === undefined || !['newest tick', 'tick T'].includes(name)) continue;
        yield {
          work: `${name}, against itself at 1,000 ticks`,
          value: ours,
          yardstick: 'after 1,000 ticks',
          yardstickValue: before,
          unit: 'ms',
          bar: { ratio: 1.5 },
        };
      }
    }
    duck.close();
    await store.close();
  },
};
