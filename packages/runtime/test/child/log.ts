import { ArchetypeRuntime, defineComponent, defineProcessor, f64 } from '@archetype/runtime';

const Thing = defineComponent('Thing', { x: f64(0) });
const chatter = defineProcessor({
  name: 'chatter',
  components: [Thing],
  process: (df, { log }) => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](`a ${level}`);
    return df;
  },
});
const [log] = process.argv.slice(2);
await using runtime = new ArchetypeRuntime({
  storage: { backend: 'memory' },
  ...(log !== undefined && { log: log as never }),
});
const world = runtime.world('talk', { processors: [chatter] });
world.spawn(Thing());
await world.step();
