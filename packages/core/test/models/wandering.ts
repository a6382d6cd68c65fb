import { defineComponent, defineProcessor, f64 } from '@archetype/core';

/** Components and a processor that many tests share. */
export const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
export const Velocity = defineComponent('Velocity', { dx: f64(0), dy: f64(0) });
export const Frozen = defineComponent('Frozen');

export const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});
