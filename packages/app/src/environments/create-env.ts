import { ArchetypeError, type AnyComponent, type World } from '@archetype/core';
import { forkPoint } from '../simulate/fork-point.ts';
import { requireOptions, requireWorld } from '../simulate/given.ts';
import { checkOf } from '../simulate/terminal.ts';
import { wholeNumber } from '../whole-number.ts';
import type { EnvDefinition } from './env-definition.ts';
import type { Env } from './env.ts';
import { WorldEnv } from './world-env.ts';

/**
 * A world as an environment: every `reset` is a fork of the world as it stands now, every `step` one tick of that fork. The
 * world itself takes no tick.
 *
 * @throws `invalid_argument`
 * @example
 * const env = createEnv(world, {
 *   begin: (start, { random }) => void start.spawn(Pole({ angle: random.uniform(-0.05, 0.05) })),
 *   act: (_world, push: number) => push,
 *   observe: async (now) => (await now.query([Pole])).column('pole__angle'),
 *   reward: () => 1,
 *   terminated: { component: Pole, field: 'fallen' },
 *   maxSteps: 500,
 * });
 * const [first] = await env.reset({ seed: 1 });
 */
export function createEnv<O, A, R = number, C extends AnyComponent = AnyComponent>(
  world: World,
  definition: EnvDefinition<O, A, R, C>,
): Env<O, A, R> {
  requireWorld(world, 'createEnv');
  requireOptions(definition, 'createEnv');
  const { begin, observe, act, reward, terminated } = definition;
  for (const [name, given] of Object.entries({ observe, act, reward }))
    requireFunction(name, given);
  if (begin !== undefined) requireFunction('begin', begin);
  if (typeof terminated !== 'object') requireFunction('terminated', terminated);
  else checkOf(terminated);
  const maxSteps = wholeNumber(definition.maxSteps ?? 1000, 'maxSteps', 1);
  const plain = definition as unknown as EnvDefinition<O, A, R>;
  return new WorldEnv(world, forkPoint(world), { ...plain, maxSteps });
}

function requireFunction(name: string, given: unknown): void {
  if (typeof given === 'function') return;
  throw new ArchetypeError(
    'invalid_argument',
    `createEnv was given ${given === null ? 'null' : typeof given} for ${name}; it needs the functions observe, act, reward and terminated.`,
  );
}
