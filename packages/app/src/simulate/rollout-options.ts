import type {
  AnyComponent,
  ArchetypeError,
  QuietWorld,
  ResourceValue,
  World,
  WorldId,
} from '@archetype/core';
import type { Executor } from '../executor/executor.ts';
import type { EpisodeDefinition, EpisodeResult } from './episode.ts';

/** Resources that differ in one episode's world. */
export type EpisodeParams = readonly ResourceValue[];

export interface RolloutOptions<T = undefined, C extends AnyComponent = AnyComponent> {
  /** From 1 on. */
  readonly numEpisodes: number;
  /** What every episode is. */
  readonly episode: EpisodeDefinition<C>;
  /** How many episodes are under way at a time; 1 unless told. It changes no result. */
  readonly parallel?: number;
  /** Episode i runs in a world called `<base>:<namePrefix>:<i>`; `ep` unless told. */
  readonly namePrefix?: string;
  /** One for each episode, from 0 to 2^53 - 1; distinct ones that follow from the base world's seed unless told. */
  readonly seeds?: readonly number[];
  /** Resource overrides of each episode: a list with one entry for each, or a function. */
  readonly params?:
    | readonly EpisodeParams[]
    | ((episode: { readonly index: number; readonly seed: number }) => EpisodeParams);
  /** What to keep of an episode's world, read while it is open: `value` of its outcome. */
  readonly collect?: (world: QuietWorld, result: EpisodeResult) => T | Promise<T>;
  /**
   * Destroys each world when its episode has ended, also when it failed. Otherwise they are closed, so that their names are
   * free again, and stay in the store to be read and resumed by id. Rows of destroyed worlds stay readable.
   */
  readonly destroyForksOnComplete?: boolean;
  /** What becomes of the others when an episode fails: they go on (unless told), or those that have not ended are cancelled. */
  readonly onError?: 'continue' | 'stop';
  /** Cancels the rollout: no more episodes begin, those under way end, all its worlds are destroyed. */
  readonly signal?: AbortSignal;
  /** Told when an episode steps, begins or ends. */
  readonly onProgress?: (progress: RolloutProgress) => void;
  /** Where episodes run; in this process unless told. */
  readonly executor?: Executor;
}

export interface RolloutProgress {
  readonly rolloutId: string;
  readonly numEpisodes: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Steps taken so far, in all episodes. */
  readonly steps: number;
}

/** How one episode of a rollout ended. */
export type EpisodeEnd<T = undefined> =
  | ({ readonly status: 'completed'; readonly value: T } & EpisodeResult)
  | {
      readonly status: 'failed';
      readonly error: ArchetypeError;
      /** Its world, if there was one. */
      readonly worldId: WorldId | undefined;
    }
  | {
      readonly status: 'cancelled';
      /** Its world, if it had begun. */
      readonly worldId: WorldId | undefined;
    };

/** One episode of a rollout: its number, its world's name, its seed, and how it ended. */
export type EpisodeOutcome<T = undefined> = {
  readonly index: number;
  readonly name: string;
  readonly seed: number;
} & EpisodeEnd<T>;

export interface RolloutResult<T = undefined> {
  readonly rolloutId: string;
  readonly baseWorldId: WorldId;
  /** The tick that all episodes began at. */
  readonly baseTick: number;
  readonly numEpisodes: number;
  /** One for each episode, in the order of their numbers. */
  readonly episodes: readonly EpisodeOutcome<T>[];
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Over completed episodes. */
  readonly totalDurationSteps: number;
  /** Worlds that could not be cleaned up, and why; empty unless the store failed. */
  readonly leftBehind: readonly LeftBehind[];
}

/** A world that should have been destroyed or closed, and could not be. */
export interface LeftBehind {
  readonly world: Pick<World, 'id' | 'name'>;
  readonly error: unknown;
}
