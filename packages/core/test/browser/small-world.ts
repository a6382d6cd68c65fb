import {
  defineComponent,
  defineProcessor,
  f64,
  fromIPC,
  MemoryStore,
  random,
  toIPC,
  utf8,
  Worlds,
} from '@archetype/core';

const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
const Velocity = defineComponent('Velocity', { dx: f64(0), dy: f64(0) });
const Walker = defineComponent('Walker', { team: utf8('red'), at: f64(0) });
const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});
const walk = defineProcessor({
  name: 'walk',
  components: [Walker],
  process: (df) => df.withColumns((c) => ({ walker__at: c.walker.at.add(random()).sub(0.5) })),
});

/** The quickstart's rows, and what text, random numbers, groups, a fork and Arrow files give: as JSON, wherever it runs. */
export async function smallWorld(): Promise<unknown> {
  const worlds = new Worlds(new MemoryStore());
  const world = worlds.create('demo', { processors: [movement, walk] }, { seed: 7 });
  world.spawn(Position({ x: 0, y: 0 }), Velocity({ dx: 1, dy: 2 }));
  world.spawnMany(
    Array.from({ length: 100 }, (_, k) => [Walker({ team: k % 3 === 0 ? 'rød' : 'blue' })]),
  );
  await world.run({ steps: 3 });
  const rows = await world.query([Position], { ticks: 'all' });

  const branch = await world.fork({ seed: 8 });
  await branch.step();
  const walkers = await branch.query([Walker]);
  const copy = fromIPC(toIPC(walkers));
  const teams = walkers
    .groupBy('walker__team')
    .agg((c) => ({ mean: c.walker.at.mean(), walkers: c.walker.at.count() }))
    .sort('walker__team');
  return {
    quickstart: rows.select('tick', 'position__x', 'position__y').toRows(),
    teams: teams.toRows(),
    copied: copy.equals(walkers),
  };
}
