import { runRollout } from '@archetype/app';
import {
  ArchetypeRuntime,
  bool,
  defineComponent,
  defineProcessor,
  defineResource,
  f64,
  random,
} from '@archetype/runtime';

const Walker = defineComponent('Walker', { x: f64(0), home: bool(false) });
const Pace = defineResource('pace', { schema: f64(1) });
const walk = defineProcessor({
  name: 'walk',
  components: [Walker],
  process: (df, ctx) =>
    df
      .withColumns((c) => ({ walker__x: c.walker.x.add(random().mul(ctx.resources.get(Pace))) }))
      .withColumns((c) => ({ walker__home: c.walker.x.ge(10) })),
});

await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
const base = runtime.world('walk', { processors: [walk], resources: [Pace], seed: 1 });
base.spawn(Walker());

const { episodes } = await runRollout(base, {
  numEpisodes: 4,
  parallel: 2,
  episode: { terminal: { component: Walker, field: 'home', mode: 'all' }, maxSteps: 25 },
  params: ({ index }) => [Pace(0.5 + index / 2)],
});
for (const episode of episodes)
  if (episode.status === 'completed')
    console.log(
      episode.name,
      episode.terminated ? 'home after' : 'cut off after',
      episode.durationSteps,
    );
