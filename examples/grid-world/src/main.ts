import { ArchetypeRuntime } from '@archetype/runtime';
import { createGridWorld, gridWorld } from './grid-world.ts';

await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
await using env = createGridWorld(runtime.world('hunt', gridWorld, { seed: 3 }));

/** The move along the longer way; `sign` 1 towards the other, -1 away from it. */
const along = ([x, y, otherX, otherY]: Int32Array, sign: 1 | -1): number => {
  const [dx, dy] = [sign * (otherX! - x!), sign * (otherY! - y!)];
  if (dx === 0 && dy === 0) return 0;
  if (Math.abs(dx) > Math.abs(dy)) return dx > 0 ? 2 : 4;
  return dy > 0 ? 3 : 1;
};

const hares = {
  'sits still': () => 0,
  'runs away': (view: Int32Array) => along(view, -1),
};
for (const [name, hare] of Object.entries(hares)) {
  let [views] = await env.reset({ seed: 5 });
  let won = 0;
  for (;;) {
    const moves = { fox: along(views.fox, 1), hare: hare(views.hare) };
    const [next, reward, terminated, truncated, { step }] = await env.step(moves);
    views = next;
    won += reward.fox;
    if (!terminated && !truncated) continue;
    const end = terminated ? 'caught' : 'free';
    console.log(
      `A hare that ${name}: ${end} after ${step} steps, the fox's reward is ${won.toFixed(1)}`,
    );
    break;
  }
}
