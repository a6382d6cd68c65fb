import type { AnyComponent, HookWorld, QuietWorld, RandomStream } from '@archetype/core';
import type { StepInput } from '../simulate/policy.ts';
import type { ComponentCondition } from '../simulate/terminal.ts';

/** One step as it is judged. */
export interface Transition<O, A> {
  readonly action: A;
  /** The observation that the action answered. */
  readonly before: O;
  /** The observation after the step. */
  readonly after: O;
  /** Steps that the episode has taken, this one included. */
  readonly step: number;
}

/** A world seen as an environment. */
export interface EnvDefinition<O, A, R = number, C extends AnyComponent = AnyComponent> {
  /**
   * Stages what an episode begins with, usually with `world.spawn`. On an unstarted base it is there in tick 0, exactly as
   * given. On a base that has ticks, one tick is taken to apply it, with its processors, before the first observation.
   */
  readonly begin?: (
    world: HookWorld,
    given: { readonly seed: number; readonly random: RandomStream },
  ) => void | Promise<void>;
  /** Reads the committed state. It must give a new object each time, always of the same shape. */
  readonly observe: (world: QuietWorld) => O | Promise<O>;
  /** Stages what the action does, or returns it as the step's input, which processors read as `ctx.input`. */
  readonly act: (
    world: HookWorld,
    action: A,
    given: { readonly tick: number; readonly step: number; readonly random: RandomStream },
  ) => StepInput | void | Promise<StepInput | void>;
  readonly reward: (world: QuietWorld, transition: Transition<O, A>) => R | Promise<R>;
  /** Whether the step was the last one, as a function or a condition over components. */
  readonly terminated:
    | ComponentCondition<C>
    | ((world: QuietWorld, transition: Transition<O, A>) => boolean | Promise<boolean>);
  /** An episode is truncated after so many steps; 1000 unless told. */
  readonly maxSteps?: number;
}
