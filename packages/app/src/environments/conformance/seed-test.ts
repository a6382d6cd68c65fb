import type { Env } from '../env.ts';
import { hold, triedWith, type ConformanceOptions } from './options.ts';
import { same } from './shape.ts';
import { holdSame, play } from './trajectory.ts';

/**
 * Holds an environment to its seed: the same seed and actions give the same episode, whatever was played before, and
 * `reset` leaves nothing of the episode before.
 *
 * @throws `conformance_failed` with what differs
 * @example await seedTest(env, { actions: (random) => random.integer(0, 2) });
 */
export async function seedTest<O, A, R>(
  env: Env<O, A, R>,
  options: ConformanceOptions<A>,
): Promise<void> {
  const { seed, steps, actions } = triedWith(options);
  const draw = actions('seedTest');
  const plan = Array.from({ length: steps }, draw);
  const episode = async (given: number) => {
    const [first] = await env.reset({ seed: given });
    return { first: structuredClone(first), seen: await play(env, plan) };
  };
  const one = await episode(seed);
  const again = await episode(seed);
  // Another episode in between, given up half-way.
  await env.reset({ seed: seed + 1 });
  await play(env, plan.slice(0, Math.ceil(steps / 2)));
  const later = await episode(seed);
  for (const [other, when] of [
    [again, `With seed ${seed} twice in a row`],
    [later, `With seed ${seed} before and after another episode`],
  ] as const) {
    hold(
      same(one.first, other.first),
      () => `${when}, the first observations differ; they must be the same.`,
    );
    holdSame(one.seen, other.seen, when);
  }
}
