import { ArchetypeRuntime } from '@archetype/runtime';
import { writeSync } from 'node:fs';
import { walkers, Wind } from '../model.ts';

/** Runs to a tick, forks, runs both; kills itself with SIGKILL after the tick it was told. Prints what was acknowledged. */
const [directory, branch, at, flushRows] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];
const runtime = new ArchetypeRuntime({
  storage: { uri: directory, cache: { flushRows: Number(flushRows) } },
});
const acknowledge =
  (name: string) =>
  ({ tick }: { tick: number }) => {
    writeSync(1, `${name} ${tick}\n`);
    if (name === branch && tick === Number(at)) process.kill(process.pid, 'SIGKILL');
  };
const world = runtime.world('source', walkers, { seed: 4 });
await world.run({ steps: 10, onProgress: acknowledge('source') });
const fork = await world.fork({ name: 'fork', resources: [Wind(-1)] });
await Promise.all([
  world.run({ steps: 20, onProgress: acknowledge('source') }),
  fork.run({ steps: 20, onProgress: acknowledge('fork') }),
]);
await runtime.close();
