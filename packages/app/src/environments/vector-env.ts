import type { WorldId } from '@archetype/core';
import type { ResetOptions } from './env.ts';
import type { Batch } from './vector-definition.ts';

export interface VectorInfo<O> {
  readonly worldId: WorldId;
  readonly seed: number;
  /** The last committed tick. */
  readonly tick: number;
  /** Sub-environments whose episode ended in this step, in ascending order. */
  readonly done: Int32Array;
  /**
   * Present when there are such: the observations before anything began anew, of the same shape. Row i of one that ended is
   * the last observation of its episode.
   */
  readonly final_observation?: O;
}

/**
 * Sub-environments that step together. A sub-environment whose episode ends begins anew in the same step: its row of
 * `observations` is the first of the new episode.
 */
export interface VectorEnv<O extends Batch> extends AsyncDisposable {
  readonly numEnvs: number;
  readonly maxSteps: number;
  /** Begins all anew, in a new branch of the base. @returns `numEnvs` observations, row-major */
  reset(options?: ResetOptions): Promise<readonly [observations: O, info: VectorInfo<O>]>;
  /**
   * One tick for all.
   *
   * @param actions one for each sub-environment
   * @returns observations (`numEnvs` rows, row-major), rewards (`numEnvs`), and for each sub-environment 0 or 1 whether its
   * episode was terminated or truncated
   * @throws `no_episode` before the first reset, `length_mismatch`
   */
  step(
    actions: ArrayLike<number>,
  ): Promise<
    readonly [
      observations: O,
      rewards: Float64Array,
      terminated: Uint8Array,
      truncated: Uint8Array,
      info: VectorInfo<O>,
    ]
  >;
  /** Destroys the world that it made; its rows stay readable. Idempotent. */
  close(): Promise<void>;
}
