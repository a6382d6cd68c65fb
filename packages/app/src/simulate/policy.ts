import type { HookWorld, RandomStream, StepOptions } from '@archetype/core';
import type { EpisodeMoment } from './terminal.ts';

/** Where an episode stands when its policy is asked. */
export interface PolicyMoment extends EpisodeMoment {
  /** A stream of its own for every step: a function of the episode's seed and the tick. */
  readonly random: RandomStream;
}

/** What a tick is given: JSON, or a frame keyed by `entity_id`. */
export type StepInput = NonNullable<StepOptions['input']>;

/**
 * Acts before each step: it may stage mutations, and what it returns is the step's input, which processors read as
 * `ctx.input`.
 */
export type Policy = (
  world: HookWorld,
  moment: PolicyMoment,
) => StepInput | void | Promise<StepInput | void>;
