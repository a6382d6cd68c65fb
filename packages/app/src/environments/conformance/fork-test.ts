import type { Env } from '../env.ts';
import { hold, triedWith, type ConformanceOptions } from './options.ts';
import { same } from './shape.ts';
import { holdSame, play } from './trajectory.ts';

/**
 * Holds an environment to its branches: a restored snapshot and a fork go on as the episode did, any number of times, and
 * none of them changes another.
 *
 * @throws `conformance_failed` with what differs
 * @example await forkTest(env, { actions: (random) => random.integer(0, 2) });
 */
export async function forkTest<O, A, R>(
  env: Env<O, A, R>,
  options: ConformanceOptions<A>,
): Promise<void> {
  const { seed, steps, actions } = triedWith(options);
  const draw = actions('forkTest');
  const before = Array.from({ length: Math.ceil(steps / 2) }, draw);
  const after = Array.from({ length: Math.ceil(steps / 2) }, draw);
  const others = Array.from({ length: Math.ceil(steps / 2) }, draw);

  const half = await halfWay(env, seed, before);
  const { observation: here } = half;
  await using snapshot = await env.snapshot();
  await using fork = await env.fork();
  await using other = await env.fork();
  await play(other, others);
  const straight = await play(env, after);
  holdSame(
    straight,
    await play(fork, after),
    'In an environment and its fork, with the same actions',
  );
  for (const time of ['first', 'second']) {
    const [observation, info] = await env.restore(snapshot);
    const when = `When a snapshot was restored for the ${time} time`;
    hold(
      same(observation, here),
      () => `${when}, the observation was not the one that the snapshot was taken at.`,
    );
    hold(
      info.step === half.step,
      () => `${when}, info.step was ${info.step}; the snapshot was taken at step ${half.step}.`,
    );
    holdSame(straight, await play(env, after), `${when}, with the same actions as before`);
  }
  const [first] = await env.reset({ seed });
  const [afresh] = await fork.reset({ seed });
  hold(
    same(first, afresh),
    () =>
      `After reset({ seed: ${seed} }), an environment and its fork gave other first observations.`,
  );
}

/** An episode that has taken some of the steps and goes on. */
async function halfWay<A>(
  env: Env<unknown, A, unknown>,
  seed: number,
  actions: readonly A[],
): Promise<{ readonly observation: unknown; readonly step: number }> {
  const [first] = await env.reset({ seed });
  const seen = await play(env, actions);
  const last = seen.at(-1);
  if (last === undefined || !(last.terminated || last.truncated))
    return { observation: last?.observation ?? structuredClone(first), step: seen.length };
  // It ended on the way: the same episode again, without its last step or more.
  const [start] = await env.reset({ seed });
  const shorter = await play(env, actions.slice(0, Math.floor(seen.length / 2)));
  return {
    observation: shorter.at(-1)?.observation ?? structuredClone(start),
    step: shorter.length,
  };
}
