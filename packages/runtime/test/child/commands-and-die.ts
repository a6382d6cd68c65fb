import { ArchetypeRuntime } from '@archetype/runtime';
import { writeSync } from 'node:fs';
import { arena, Mark, operator, player } from '../arena.ts';

/**
 * Gives a world commands through the gate while it steps; each bears an entity with a mark of its own. Prints each mark
 * once its command is acknowledged, and dies by SIGKILL at the how-manieth acknowledgement it was told.
 */
const [directory, at, flushRows] = process.argv.slice(2) as [string, string, string];
const runtime = new ArchetypeRuntime({
  storage: { uri: directory, cache: { flushRows: Number(flushRows) } },
});
const world = runtime.world('arena', arena, { seed: 4 });
await world.run({ steps: 0 });
let acknowledged = 0;
const tell = (line: string): void => {
  writeSync(1, `${line}\n`);
  if (++acknowledged === Number(at)) process.kill(process.pid, 'SIGKILL');
};
const as = world.as(player);
const give = async (lane: number): Promise<void> => {
  for (let k = 0; ; k++) {
    const mark = lane * 100_000 + k;
    const payload = { components: [{ type: 'Mark', n: mark }] };
    if (k % 3 === 0) {
      const entity = await as.spawn(Mark({ n: mark }));
      tell(`${mark} ${entity}`);
    } else if (k % 3 === 1) {
      const { entities } = await as.submit({ type: 'spawn', payload });
      tell(`${mark} ${entities[0]}`);
    } else {
      const { entities } = await as.submit({ type: 'spawn', payload, tick: world.tick + 20 });
      tell(`${mark} ${entities[0]}`);
    }
  }
};
const step = async (): Promise<void> => {
  for (;;) tell(`tick ${(await world.as(operator).step()).finalTick}`);
};
await Promise.all([give(1), give(2), step()]);
