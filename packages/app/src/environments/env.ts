import type { WorldId } from '@archetype/core';
import type { EpisodeParams } from '../simulate/rollout-options.ts';

/** What an observation is made of: numbers, typed arrays, and records of them, for example one for each agent. */
export type Observation =
  | number
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Uint8Array
  | readonly number[]
  | { readonly [name: string]: Observation };

/** Where an environment stands. */
export interface EnvInfo {
  /** One for each reset and each restored or forked branch. */
  readonly episodeId: string;
  /** The world that holds its rows. */
  readonly worldId: WorldId;
  readonly seed: number;
  /** The last committed tick of that world. */
  readonly tick: number;
  /** Steps that the episode has taken. */
  readonly step: number;
}

export interface ResetOptions {
  /** From 0 to 2^53 - 1; the next of a sequence that follows from the base world's seed unless told. */
  readonly seed?: number;
  /** Resources that differ in this episode. */
  readonly params?: EpisodeParams;
}

/**
 * An environment in the way of Gymnasium, with snapshots and forks. `O` is an observation, `A` an action, `R` a reward: a
 * number, or a record with one for each agent.
 */
export interface Env<O, A, R = number> extends AsyncDisposable {
  /** After so many steps an episode is truncated. */
  readonly maxSteps: number;
  /** Begins an episode. The same seed begins the same episode. @returns the first observation */
  reset(options?: ResetOptions): Promise<readonly [observation: O, info: EnvInfo]>;
  /**
   * Takes one step. An episode ends when it is terminated or truncated; then comes `reset`.
   *
   * @throws `no_episode` before the first reset and after an end
   */
  step(
    action: A,
  ): Promise<
    readonly [observation: O, reward: R, terminated: boolean, truncated: boolean, info: EnvInfo]
  >;
  /** Keeps the state of the episode, to be restored any number of times. @throws `no_episode` */
  snapshot(): Promise<EnvSnapshot>;
  /** Goes on from a snapshot, on a branch of its own. @returns the observation there */
  restore(snapshot: EnvSnapshot): Promise<readonly [observation: O, info: EnvInfo]>;
  /** Another environment in the same state, which goes its own way. @throws `no_episode` */
  fork(): Promise<Env<O, A, R>>;
  /** Destroys the worlds that it made, its snapshots among them; their rows stay readable. Idempotent. */
  close(): Promise<void>;
}

/** A kept state. It is released with the environment that made it, if not before. */
export interface EnvSnapshot extends AsyncDisposable {
  readonly seed: number;
  /** Steps that the episode had taken. */
  readonly step: number;
  release(): Promise<void>;
}
