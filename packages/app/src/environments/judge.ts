import type { World } from '@archetype/core';
import { callback } from '../simulate/callback.ts';
import { checkOf, truth } from '../simulate/terminal.ts';
import type { EnvDefinition, Transition } from './env-definition.ts';

/** What a step leads to, beside the new state. */
export interface Judgement<O, R> {
  readonly after: O;
  readonly reward: R;
  readonly terminated: boolean;
}

/** Reads the state after a step and judges it. @throws `callback_failed` */
export function judgeBy<O, A, R>(
  definition: EnvDefinition<O, A, R>,
): (world: World, taken: Omit<Transition<O, A>, 'after'>) => Promise<Judgement<O, R>> {
  const { observe, reward, terminated } = definition;
  const check = typeof terminated === 'function' ? undefined : checkOf(terminated)!;
  const { signal } = new AbortController();
  const ends = async (world: World, transition: Transition<O, A>): Promise<boolean> => {
    const { tick } = world;
    const { step } = transition;
    if (typeof terminated !== 'function')
      return check!(world, { episodeId: world.run_id, tick, step, signal });
    const said = await callback(asked(world, 'terminated'), () => terminated(world, transition));
    return truth(said, `terminated of world "${world.name}"`, tick);
  };
  return async (world, taken) => {
    const after = await callback(asked(world, 'observe'), () => observe(world));
    const transition = { ...taken, after };
    const earned = await callback(asked(world, 'reward'), () => reward(world, transition));
    return { after, reward: earned, terminated: await ends(world, transition) };
  };
}

const asked = (world: World, name: string): string =>
  `${name} of world "${world.name}", at tick ${world.tick},`;
