import {
  bool,
  defineComponent,
  defineProcessor,
  defineResource,
  defineSimulation,
  f64,
  i32,
  MemoryStore,
  random,
  Worlds,
  type World,
} from '@archetype/core';

/** Runners that walk at random until they are home. */
export const Runner = defineComponent('Runner', { x: f64(0), lap: i32(0), home: bool(false) });
export const Resting = defineComponent('Resting');
export const Stone = defineComponent('Stone', { weight: f64(1) });
export const Pace = defineResource('pace', { schema: f64(1) });
export const Distance = defineResource('distance', { schema: f64(10) });

const run = defineProcessor({
  name: 'run',
  components: [Runner],
  process: (df, ctx) => {
    const pace = ctx.resources.get(Pace);
    return df
      .withColumns((c) => ({
        runner__x: c.runner.x.add(random().mul(pace)),
        runner__lap: c.runner.lap.add(1),
      }))
      .withColumns((c) => ({ runner__home: c.runner.x.ge(ctx.resources.get(Distance)) }));
  },
});
const rest = defineProcessor({
  name: 'rest',
  components: [Runner],
  without: [Resting],
  priority: 20,
  process: (df, ctx) => {
    const home = df.filter((c) => c.runner.home);
    if (home.numRows > 0) ctx.addComponents(home, Resting());
    return df;
  },
});

export const race = defineSimulation({
  name: 'race',
  components: [Stone, Resting],
  processors: [run, rest],
  resources: [Pace, Distance],
});

/** A race in memory, unstarted. */
export function startRace({ runners = 3, seed = 1, store = new MemoryStore() } = {}): {
  readonly worlds: Worlds;
  readonly world: World;
} {
  const worlds = new Worlds(store, { logger: { ...console, error: () => undefined } });
  const world = worlds.create('race', race, { seed });
  for (let k = 0; k < runners; k++) world.spawn(Runner({ x: k }));
  return { worlds, world };
}

/** Every runner's place at every tick. */
export async function trace(world: Pick<World, 'query'>): Promise<readonly number[]> {
  const rows = await world.query([Runner], { ticks: 'all' });
  return [...rows.column('runner__x')];
}
