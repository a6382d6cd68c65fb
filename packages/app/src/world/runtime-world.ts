import {
  World,
  type Actor,
  type AnyComponent,
  type AuditQuery,
  type ForkOptions,
  type Json,
  type RunOptions,
  type RunResult,
} from '@archetype/core';
import type { AuditPage } from '../operations/read.ts';
import { runEpisode, type EpisodeOptions, type EpisodeResult } from '../simulate/episode.ts';
import { runRollout } from '../simulate/rollout.ts';
import type { RolloutOptions, RolloutResult } from '../simulate/rollout-options.ts';
import type { ActorWorld } from './actor-world.ts';

/** What a `RuntimeWorld` needs of the app that made it. */
export interface WorldHost {
  as(actor: Actor): { world(id: string): ActorWorld };
  audit(query: AuditQuery): Promise<AuditPage>;
  readonly trusted: {
    begun(type: 'create_world', world: World): void;
    run(world: World, work: () => Promise<RunResult>): Promise<RunResult>;
    around<T>(
      type: string,
      world: World,
      work: () => Promise<T>,
      summary: (result: T) => Json,
    ): Promise<T>;
  };
  /** A world was destroyed: what waits for it is cancelled. */
  ended(world: string): Promise<void>;
}

/** A world of an app: core's, with episodes, rollouts, actors and the audit trail. */
export class RuntimeWorld extends World {
  get #app(): WorldHost {
    return this.host as WorldHost;
  }

  /**
   * This world as somebody sees it: every call goes through the gate, as a command of that actor.
   *
   * @throws `invalid_argument`
   * @example
   * const player = world.as({ id: 'ann', roles: ['player'] });
   * const scout = await player.spawn(Position({ x: 1 }));
   */
  as(actor: Actor): ActorWorld {
    return this.#app.as(actor).world(this.id);
  }

  /** As the function `runEpisode`, on this world. */
  async runEpisode<C extends AnyComponent = AnyComponent>(
    options: EpisodeOptions<C> = {},
  ): Promise<EpisodeResult> {
    return this.#app.trusted.around(
      'run_episode',
      this,
      () => runEpisode<C>(this, options),
      ({ durationSteps, terminated, finalTick }) => ({ durationSteps, terminated, finalTick }),
    );
  }

  /** As the function `runRollout`, from this world. */
  async runRollout<T = undefined, C extends AnyComponent = AnyComponent>(
    options: RolloutOptions<T, C>,
  ): Promise<RolloutResult<T>> {
    return this.#app.trusted.around(
      'run_rollout',
      this,
      () => runRollout<T, C>(this, options),
      ({ numEpisodes, completed, failed, totalDurationSteps }) => ({
        numEpisodes,
        completed,
        failed,
        totalDurationSteps,
      }),
    );
  }

  /** A page of the audit rows about this world, newest first, with what became of the commands. */
  async audit(query: Omit<AuditQuery, 'world'> = {}): Promise<AuditPage> {
    return this.#app.audit({ ...query, world: this.id });
  }

  override async run(options: RunOptions): Promise<RunResult> {
    const { started, forkedAt } = this.info();
    const result = await this.#app.trusted.run(this, () => super.run(options));
    // Nothing is written about a world before it is written itself.
    if (!started && forkedAt === undefined) this.#app.trusted.begun('create_world', this);
    return result;
  }

  override async fork(options: ForkOptions = {}): Promise<this> {
    return this.#app.trusted.around(
      'fork_world',
      this,
      () => super.fork(options),
      ({ id, name, tick }) => ({ fork: id, name, tick }),
    );
  }

  override async destroy(): Promise<void> {
    await this.#app.trusted.around(
      'destroy_world',
      this,
      () => super.destroy(),
      () => ({}),
    );
    await this.#app.ended(this.id);
  }
}
