import { ArchetypeRuntime } from '@archetype/runtime';
import { writeSync } from 'node:fs';
import { walkers, Wind } from '../model.ts';

/** Runs without awaiting, then ends as it is told: killed after a tick, closed, or by leaving everything open. */
const [directory, how, at, flushRows] = process.argv.slice(2) as [
  string,
  'kill' | 'close' | 'forget',
  string,
  string,
];
const runtime = ArchetypeRuntime.sync({
  storage: { uri: directory, cache: { flushRows: Number(flushRows) } },
});
const acknowledge =
  (name: string) =>
  ({ tick }: { tick: number }) => {
    writeSync(1, `${name} ${tick}\n`);
    if (how === 'kill' && `${name} ${tick}` === at) process.kill(process.pid, 'SIGKILL');
  };
const world = runtime.world('source', walkers, { seed: 4 });
for (let tick = 1; tick <= 10; tick++) acknowledge('source')({ tick: world.step().finalTick });
const fork = world.fork({ name: 'fork', resources: [Wind(-1)] });
world.run({ steps: 20, onProgress: acknowledge('source') });
fork.run({ steps: 20, onProgress: acknowledge('fork') });
if (how === 'close') runtime.close();
writeSync(1, 'end 0\n');
