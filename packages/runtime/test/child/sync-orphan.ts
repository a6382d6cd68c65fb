import { ArchetypeRuntime, type ArchetypeError } from '@archetype/runtime';
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import { walkers } from '../model.ts';

/** Steps until the store's thread is gone, and tells what it is told from then on. */
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(file: URL, options: threads.WorkerOptions) {
    const own = String(file).endsWith('store-thread.ts');
    super(own ? new URL('./dying-thread.ts', import.meta.url) : file, options);
  }
};
syncBuiltinESMExports();
const runtime = ArchetypeRuntime.sync({ storage: process.argv[2]! });
const world = runtime.world('w', walkers, { seed: 4 });
const errorOf = (work: () => unknown): Partial<ArchetypeError> => {
  try {
    work();
    return {};
  } catch (error) {
    return error as ArchetypeError;
  }
};
const lost = errorOf(() => {
  for (;;) world.step();
});
const later = [errorOf(() => world.step()), errorOf(() => runtime.worlds())];
const told = [lost, ...later].map(({ code }) => code);
console.log(JSON.stringify({ told, message: later[0]!.message, tick: world.tick }));
