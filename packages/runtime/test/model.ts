import {
  defineComponent,
  defineProcessor,
  defineResource,
  defineSimulation,
  f64,
  i32,
  random,
  utf8,
  when,
} from '@archetype/runtime';

/** Walkers that drift, die and have children: a little of everything that a tick can do. */
export const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
export const Life = defineComponent('Life', { age: i32(0), name: utf8('') });
export const Stone = defineComponent('Stone', { weight: f64(1) });
export const Wind = defineResource('wind', { schema: f64(0.5) });

const drift = defineProcessor({
  name: 'drift',
  components: [Position, Life],
  process: (df, ctx) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(random()).add(ctx.resources.get(Wind)),
      position__y: when(c.life.age.gt(5)).then(0).otherwise(c.position.y.sub(1)),
      life__age: c.life.age.add(1),
    })),
});
const cycle = defineProcessor({
  name: 'cycle',
  components: [Position, Life],
  priority: 20,
  process: (df, ctx) => {
    ctx.despawn(df.filter((c) => c.life.age.gt(12)).column('entity_id'));
    for (const { position__x: x } of df.filter((c) => c.life.age.eq(6))) {
      ctx.spawn(Position({ x }), Life({ name: `child of tick ${ctx.tick}` }));
    }
    return df;
  },
});

export const walkers = defineSimulation({
  name: 'walkers',
  components: [Stone],
  processors: [drift, cycle],
  resources: [Wind],
  setup: (world) => {
    for (let k = 0; k < 20; k++)
      world.spawn(Position({ x: k }), Life({ age: k % 7, name: `é ${k}` }));
    world.spawn(Stone({ weight: 3 }), Position());
  },
});
