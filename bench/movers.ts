import {
  defineComponent,
  defineProcessor,
  f64,
  fromColumns,
  MemoryStore,
  Worlds,
  type World,
} from '@archetype/core';

export const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
export const Velocity = defineComponent('Velocity', { dx: f64(0), dy: f64(0) });
export const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});

/** Where entity number `k` begins, and how fast it is. */
export const start = (k: number): { x: number; y: number; dx: number; dy: number } => ({
  x: k % 1000,
  y: (k % 1000) * 2,
  dx: (k % 1000) * 3,
  dy: (k % 1000) * 4,
});

/** `n` entities that move, as one frame. */
export function movers(n: number) {
  const column = (name: 'x' | 'y' | 'dx' | 'dy') =>
    Float64Array.from({ length: n }, (_, k) => start(k)[name]);
  return fromColumns(
    { position__x: f64(), position__y: f64(), velocity__dx: f64(), velocity__dy: f64() },
    {
      position__x: column('x'),
      position__y: column('y'),
      velocity__dx: column('dx'),
      velocity__dy: column('dy'),
    },
  );
}

/** An unstarted world in memory that keeps its newest tick, with `n` movers. */
export function worldOfMovers(n: number): World {
  const world = new Worlds(new MemoryStore({ keep: 1 })).create('movers', {
    processors: [movement],
    components: [Velocity],
  });
  world.spawnMany(movers(n));
  return world;
}
