import {
  World,
  type Actor,
  type AnyComponent,
  type ForkOptions,
  type RunOptions,
  type RunResult,
} from '@archetype/core';
import type { AuditPage, AuditPageQuery } from '../audit/page.ts';
import type { TrustedAudit } from '../audit/trusted.ts';
import { runEpisode, type EpisodeOptions, type EpisodeResult } from '../simulate/episode.ts';
import { runRollout } from '../simulate/rollout.ts';
import type { RolloutOptions, RolloutResult } from '../simulate/rollout-options.ts';
import type { ActorWorld } from './actor-world.ts';

/** What a `RuntimeWorld` needs of whoever made it. */
export interface WorldHost {
  readonly as: (actor: Actor) => { world(id: string): ActorWorld };
  audit(query: AuditPageQuery): Promise<AuditPage>;
  readonly trusted: Pick<TrustedAudit, 'run' | 'around'>;
  /** Cancels what waits for a world that was destroyed. */
  cancel(world: string): Promise<void>;
  /** Ends a world when nothing is being accepted for it. */
  ending(world: World, end: () => Promise<void>): Promise<void>;
}

/** A world of an app: core's, with episodes, rollouts, actors and the audit trail. */
export class RuntimeWorld extends World {
  readonly #host: WorldHost;
  #closing: Promise<void> | undefined;

  /** Made by an app. */
  constructor(host: WorldHost, ...given: ConstructorParameters<typeof World>) {
    super(...given);
    this.#host = host;
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
    return this.#host.as(actor).world(this.id);
  }

  /** As the function `runEpisode`, on this world. */
  async runEpisode<C extends AnyComponent = AnyComponent>(
    options: EpisodeOptions<C> = {},
  ): Promise<EpisodeResult> {
    return this.#host.trusted.around(
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
    return this.#host.trusted.around(
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

  /** A page of the audit rows about this world, newest first, with what became of the commands. @throws `invalid_argument` */
  async audit(query: Omit<AuditPageQuery, 'world'> = {}): Promise<AuditPage> {
    return this.#host.audit({ ...query, world: this.id });
  }

  override async run(options: RunOptions): Promise<RunResult> {
    return this.#host.trusted.run(this, () => super.run(options));
  }

  override async fork(options: ForkOptions = {}): Promise<this> {
    return this.#host.trusted.around(
      'fork_world',
      this,
      () => super.fork(options),
      ({ id, name, tick }) => ({ fork: id, name, tick }),
    );
  }

  /** As `World.destroy`; commands that wait for it are cancelled. */
  override async destroy(): Promise<void> {
    await this.#host.trusted.around(
      'destroy_world',
      this,
      () =>
        this.#host.ending(this, async () => {
          await super.destroy();
          await this.#host.cancel(this.id);
        }),
      () => ({}),
    );
  }

  /** As `World.close`; commands that wait for it wait in the store until it is resumed. */
  override close(): Promise<void> {
    this.#closing ??= this.#host.ending(this, () => super.close());
    return this.#closing;
  }
}
