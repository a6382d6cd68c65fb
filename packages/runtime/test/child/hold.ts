import { ArchetypeRuntime } from '@archetype/runtime';
import { walkers } from '../model.ts';

/** Holds a store open until its input ends. */
const runtime = new ArchetypeRuntime({ storage: process.argv[2]! });
await runtime.world('held', walkers, { seed: 1 }).run({ steps: 3 });
process.stdout.write('open\n');
for await (const _ of process.stdin);
await runtime.close();
