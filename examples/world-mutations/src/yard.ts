import {
  defineComponent,
  defineHook,
  defineProcessor,
  defineResource,
  defineSimulation,
  f64,
  type CustomHandler,
} from '@archetype/runtime';

export const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
export const Velocity = defineComponent('Velocity', { dx: f64(0), dy: f64(0) });
export const Health = defineComponent('Health', { points: f64(100) });
export const Wind = defineResource('wind', { schema: f64(0) });

export const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df, ctx) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx).add(ctx.resources.get(Wind)),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});

/** Worlds that are made through the gate are made of this, by its name. */
export const yard = defineSimulation({
  name: 'yard',
  components: [Position, Velocity, Health],
  resources: [Wind],
});

/** A custom command: what players may ask for is the host's own code. */
export const heal: CustomHandler = (world, payload) => {
  const { entity } = payload as { readonly entity: number };
  world.update(entity, Health, { points: 100 });
};

export const bell = defineHook('postTick', ({ tick }) => console.log(`  (bell: tick ${tick})`));
