import { defineProcessor, MemoryStore, Worlds, type World } from '@archetype/core';
import { expect, medians, type Benchmark, type Round } from '../measure.ts';
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

/** The five processors as one loop, which allocates its outputs. */
function fused(): { step: Round; x(): Float64Array } {
  const df = movers(n);
  let [x, y] = [df.column('position__x'), df.column('position__y')];
  let [dx, dy] = [df.column('velocity__dx'), df.column('velocity__dy')];
  const step = (): void => {
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
  };
  return { step, x: () => x };
}

async function chained(): Promise<World> {
  const world = new Worlds(new MemoryStore({ keep: 1 })).create('chain', {
    processors: [drag, gravity, movement, springX, springY],
  });
  world.spawnMany(movers(n));
  await world.run({ steps: 1 });
  const loop = fused();
  loop.step();
  const x = (await world.query([Position])).column('position__x');
  expect(
    x.every((cell, k) => cell === loop.x()[k]),
    'the chain differs from the loop',
  );
  return world;
}

export const benchmark: Benchmark = {
  id: 'B2',
  title: 'five processors in a row',
  async *run() {
    const world = await chained();
    const { ours, hand } = await medians(101, { ours: () => world.step(), hand: fused().step }, 20);
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
