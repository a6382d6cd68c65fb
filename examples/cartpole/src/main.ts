import { ArchetypeRuntime } from '@archetype/runtime';
import { cartPole, createCartPole, createCartPoles } from './cartpole.ts';

await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
const world = runtime.world('cartpole', cartPole, { seed: 1 });

/** Pushes to the side to which the pole falls. */
const balance = (angle: number, spin: number): number => (angle + 0.5 * spin > 0 ? 1 : 0);

await using env = createCartPole(world);
const players = {
  'always to the right': () => 1,
  'to where it falls': ([, , angle, spin]: Float32Array) => balance(angle!, spin!),
};
for (const [name, play] of Object.entries(players)) {
  let [observation] = await env.reset({ seed: 1 });
  for (;;) {
    const [next, , terminated, truncated, { step }] = await env.step(play(observation));
    observation = next;
    if (!terminated && !truncated) continue;
    console.log(
      `One pole, pushed ${name}: ${terminated ? 'fell' : 'still up'} after ${step} steps`,
    );
    break;
  }
}

const n = 64;
await using poles = createCartPoles(world, n);
let [observations] = await poles.reset({ seed: 1 });
let falls = 0;
for (let tick = 0; tick < 200; tick++) {
  const actions = Array.from({ length: n }, (_, k) =>
    // The first half is pushed to the right, whatever happens.
    k < n / 2 ? 1 : balance(observations[4 * k + 2]!, observations[4 * k + 3]!),
  );
  const [next, , , , { done }] = await poles.step(actions);
  observations = next;
  falls += done.length;
  if (done.some((k) => k >= n / 2)) throw new Error('A pole that is held fell.');
}
console.log(`${n} poles in one world, 200 steps: ${falls} falls, all of poles that nobody held`);
