import {
  ArchetypeRuntime,
  defineComponent,
  defineProcessor,
  f64,
  type World,
} from '@archetype/runtime';
import { expect, test } from 'vitest';

const Body = defineComponent('Body', { x: f64(0) });

test('a processor that waits for its own world is an error, and never waits for ever', async () => {
  await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  const impatient = defineProcessor({
    name: 'impatient',
    components: [Body],
    process: async (df) => {
      await new Promise((resolve) => setImmediate(resolve));
      await world.step();
      return df;
    },
  });
  const world: World = runtime.world('w', { processors: [impatient] });
  world.spawn(Body());
  await expect(world.step()).rejects.toMatchObject({
    code: 'processor_failed',
    cause: { code: 'reentrant_step' },
  });
  expect(world.tick).toBe(0);
});

test('processors log to the logger that the runtime was given', async () => {
  const lines: unknown[] = [];
  const log = (message: string, fields?: object): number => lines.push([message, fields]);
  await using runtime = new ArchetypeRuntime({
    storage: { backend: 'memory' },
    logger: { debug: log, info: log, warn: log, error: log },
  });
  const talk = defineProcessor({
    name: 'talk',
    components: [Body],
    process: (df, ctx) => {
      ctx.log.info('here', { rows: df.numRows });
      return df;
    },
  });
  const world = runtime.world('w', { processors: [talk] });
  world.spawn(Body());
  await world.step();
  expect(lines).toEqual([['here', { world: 'w', tick: 1, processor: 'talk', rows: 1 }]]);
});
