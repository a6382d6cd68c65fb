import type {
  AnyComponent,
  ColumnsOf,
  DataFrame,
  HookWorld,
  RandomStream,
  Value,
} from '@archetype/core';
import type { StepInput } from '../simulate/policy.ts';

/** Memory of many observations, one after the other. */
export type Batch = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/**
 * Many sub-environments in one world, each an entity with these components. Its functions see all of them at once, as
 * frames: row i is sub-environment i. After an end they are called a second time, with the rows of those that begin anew.
 */
export interface VectorEnvDefinition<
  Cs extends readonly AnyComponent[] = readonly AnyComponent[],
  O extends Batch = Batch,
> {
  readonly components: Cs;
  /** How many, from 1 on. */
  readonly numEnvs: number;
  /** What a sub-environment begins with: one value of each component. */
  readonly begin: (given: {
    readonly index: number;
    readonly random: RandomStream;
  }) => readonly Value[];
  /** Row-major: so many numbers for each row of the frame, the same for all. A new array each time. */
  readonly observe: (rows: DataFrame<ColumnsOf<Cs>>) => O;
  /**
   * What the actions do: the input of the step. Unless told, a frame with `entity_id` (i32) and `action` (f64), which
   * processors read as `ctx.input`.
   */
  readonly act?: (
    world: HookWorld,
    actions: ArrayLike<number>,
    entities: Int32Array,
  ) => StepInput | void | Promise<StepInput | void>;
  /** One number for each row. */
  readonly reward: (
    rows: DataFrame<ColumnsOf<Cs>>,
    given: { readonly actions: ArrayLike<number>; readonly before: O },
  ) => ArrayLike<number>;
  /** For each row whether its episode is over: a boolean, or 0 or 1. */
  readonly terminated: (rows: DataFrame<ColumnsOf<Cs>>) => ArrayLike<boolean | number>;
  /** An episode is truncated after so many steps; 1000 unless told. */
  readonly maxSteps?: number;
}
