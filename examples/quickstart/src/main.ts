import { ArchetypeRuntime, defineComponent, defineProcessor, f64 } from '@archetype/runtime';

const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
const Velocity = defineComponent('Velocity', { dx: f64(0), dy: f64(0) });

const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});

await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
const world = runtime.world('quickstart', { processors: [movement] });
world.spawn(Position({ x: 0, y: 0 }), Velocity({ dx: 1, dy: 2 }));
await world.run({ steps: 3 });

const rows = await world.query([Position], { ticks: 'all' });
rows.select('entity_id', 'tick', 'position__x', 'position__y').show();
