import { ArchetypeRuntime } from '@archetype/runtime';
import { defineComponent, defineProcessor, f64, fromColumns } from '@archetype/core';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const n = 1_000_000;
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const Wide = defineComponent('Wide', {
  a: f64(0),
  b: f64(0),
  c: f64(0),
  d: f64(0),
  e: f64(0),
  f: f64(0),
  g: f64(0),
  h: f64(0),
});
const change = defineProcessor({
  name: 'change',
  components: [Wide],
  process: (df) =>
    df.withColumns((c) => ({
      wide__a: c.wide.a.add(1),
      wide__b: c.wide.b.add(1),
      wide__c: c.wide.c.add(1),
      wide__d: c.wide.d.add(1),
      wide__e: c.wide.e.add(1),
      wide__f: c.wide.f.add(1),
      wide__g: c.wide.g.add(1),
      wide__h: c.wide.h.add(1),
    })),
});
const MB = 1_000_000;

export const benchmark: Benchmark = {
  title: 'resident memory with a running flusher, durable',
  async *run() {
    await using directory = await temporary();
    await using runtime = new ArchetypeRuntime({ storage: join(directory.path, 'memory') });
    const world = runtime.world('bench', { processors: [change] });
    const fields = Object.fromEntries(names.map((name) => [`wide__${name}`, f64()]));
    const zeros = new Float64Array(n);
    world.spawnMany(
      fromColumns(fields, Object.fromEntries(names.map((name) => [`wide__${name}`, zeros]))),
    );
    let most = 0;
    const look = (): void => {
      most = Math.max(most, process.memoryUsage.rss() / MB);
    };
    for (let k = 0; k < 30; k++) {
      await world.step();
      look();
      await sleep(50);
      look();
    }
    const rows = await world.query([Wide], { limit: 1, select: ['wide__h'] });
    expect(rows.column('wide__h')[0] === world.tick, 'the columns are wrong');
    yield {
      work: `most memory over 30 ticks of ${n.toLocaleString('en')} × 8`,
      value: most,
      yardstick: 'the live columns',
      yardstickValue: (n * (8 * 8 + 4)) / MB,
      unit: 'MB',
      bar: { ratio: 4, plus: 300 },
    };
  },
};
