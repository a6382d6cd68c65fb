import { defineProcessor, MemoryStore, Worlds, type World } from '@archetype/core';
import type { Benchmark } from '../benchmark.ts';
import { medians, type Round } from '../medians.ts';
import { expectSame } from '../oracle.ts';
import { movers, Position, Velocity } from '../movers.ts';

const n = 100_000;
const drag = defineProcessor({
  name: 'drag',
  components: [Velocity],
  process: (df) =>
    df.withColumns((c) => ({
      velocity__dx: c.velocity.dx.mul(0.99),
      velocity__dy: c.velocity.dy.mul(0.99),
    })),
});
const gravity = defineProcessor({
  name: 'gravity',
  components: [Velocity],
  process: (df) => df.withColumns((c) => ({ velocity__dy: c.velocity.dy.sub(0.1) })),
});
const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});
const springX = defineProcessor({
  name: 'spring-x',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({ velocity__dx: c.velocity.dx.sub(c.position.x.mul(0.001)) })),
});
const springY = defineProcessor({
  name: 'spring-y',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({ velocity__dy: c.velocity.dy.sub(c.position.y.mul(0.001)) })),
});

interface Loop {
  readonly step: Round;
  columns(): readonly Float64Array[];
}

/** The five processors as one loop, which allocates its outputs. */
function fused(): Loop {
  const df = movers(n);
  let [x, y] = [df.column('position__x'), df.column('position__y')];
  let [dx, dy] = [df.column('velocity__dx'), df.column('velocity__dy')];
  return {
    step() {
      const [nx, ny] = [new Float64Array(n), new Float64Array(n)];
      const [ndx, ndy] = [new Float64Array(n), new Float64Array(n)];
      for (let i = 0; i < n; i++) {
        const vx = dx[i]! * 0.99;
        const vy = dy[i]! * 0.99 - 0.1;
        const px = x[i]! + vx;
        const py = y[i]! + vy;
        nx[i] = px;
        ny[i] = py;
        ndx[i] = vx - px * 0.001;
        ndy[i] = vy - py * 0.001;
      }
      [x, y, dx, dy] = [nx, ny, ndx, ndy];
    },
    columns: () => [x, y, dx, dy],
  };
}

function chained(): World {
  const world = new Worlds(new MemoryStore({ keep: 1 })).create('chain', {
    processors: [drag, gravity, movement, springX, springY],
  });
  world.spawnMany(movers(n));
  return world;
}

async function expectEqual(world: World, loop: Loop): Promise<void> {
  const rows = await world.query([Position, Velocity]);
  const names = ['position__x', 'position__y', 'velocity__dx', 'velocity__dy'] as const;
  names.forEach((name, k) => expectSame(rows.column(name), loop.columns()[k]!, `${name} by hand`));
}

export const benchmark: Benchmark = {
  title: 'five processors in a row',
  async *run() {
    const [world, loop] = [chained(), fused()];
    await world.run({ steps: 0 });
    // Both take the same number of steps, so that what was timed is what is compared.
    const { ours, hand } = await medians(
      { ours: () => world.step(), hand: loop.step },
      { rounds: 100, warmUp: 20, inRow: 10 },
    );
    await expectEqual(world, loop);
    yield {
      work: `chain of 5 at ${n.toLocaleString('en')} entities`,
      value: ours,
      yardstick: 'one fused loop by hand',
      yardstickValue: hand,
      unit: 'ms',
      bar: { ratio: 1.5 },
    };
  },
};
