import {
  ArchetypeError,
  mintId,
  randomStream,
  type RandomStream,
  type World,
} from '@archetype/core';
import { callback } from '../simulate/callback.ts';
import type { ForkPoint } from '../simulate/fork-point.ts';
import { checkSeed } from '../simulate/seeds.ts';
import { branchName, discardWorld, type Branch } from './branch.ts';
import type { EnvDefinition } from './env-definition.ts';
import type { Env, EnvInfo, EnvSnapshot, ResetOptions } from './env.ts';
import { judgeBy } from './judge.ts';
import { Serial } from './serial.ts';
import { WorldSnapshot } from './snapshots.ts';

type Defined<O, A, R> = EnvDefinition<O, A, R> & { readonly maxSteps: number };
type Stepped<O, R> = readonly [O, R, boolean, boolean, EnvInfo];

/** What `createEnv` makes: one branch of a base at a time. */
export class WorldEnv<O, A, R> implements Env<O, A, R> {
  readonly #base: World;
  readonly #point: ForkPoint;
  readonly #definition: Defined<O, A, R>;
  readonly #judge: ReturnType<typeof judgeBy<O, A, R>>;
  /** Seeds of resets that are given none. */
  readonly #seeds: RandomStream;
  readonly #serial = new Serial();
  readonly #snapshots = new Set<WorldSnapshot>();
  #branch: Branch<O> | undefined;
  #closed = false;

  constructor(base: World, point: ForkPoint, definition: Defined<O, A, R>, branch?: Branch<O>) {
    this.#base = base;
    this.#point = point;
    this.#definition = definition;
    this.#judge = judgeBy(definition);
    this.#seeds = randomStream(base.info().seed, 'seeds of resets');
    this.#branch = branch;
  }

  get maxSteps(): number {
    return this.#definition.maxSteps;
  }

  reset(options: ResetOptions = {}): Promise<readonly [O, EnvInfo]> {
    return this.#admit(async () => {
      const seed = checkSeed(options?.seed ?? this.#seeds.integer(0, Number.MAX_SAFE_INTEGER));
      const world = await this.#point.fork({
        name: branchName(this.#base),
        seed,
        ...(options.params !== undefined && { resources: options.params }),
      });
      return this.#enter(world, { seed, step: 0, over: 'no' }, () => this.#begin(world, seed));
    });
  }

  step(action: A): Promise<Stepped<O, R>> {
    return this.#admit(() => this.#step(this.#underWay(), action));
  }

  snapshot(): Promise<EnvSnapshot> {
    return this.#admit(async () => {
      const branch = this.#begun();
      const world = await branch.world.fork({ name: branchName(this.#base) });
      const snapshot = new WorldSnapshot(world, branch);
      this.#snapshots.add(snapshot);
      return snapshot;
    });
  }

  restore(snapshot: EnvSnapshot): Promise<readonly [O, EnvInfo]> {
    return this.#admit(async () => {
      if (!(snapshot instanceof WorldSnapshot)) {
        throw new ArchetypeError(
          'invalid_argument',
          'restore takes what snapshot() of such an environment returned.',
        );
      }
      const world = await snapshot.world.fork({ name: branchName(this.#base) });
      return this.#enter(world, snapshot, async () => undefined);
    });
  }

  fork(): Promise<Env<O, A, R>> {
    return this.#admit(async () => {
      const branch = this.#begun();
      const world = await branch.world.fork({ name: branchName(this.#base) });
      // An observation of its own, since whoever holds the other may change it.
      const observation = await this.#observe(world);
      const copy = { ...branch, world, episodeId: mintId(), observation };
      return new WorldEnv(this.#base, this.#point, this.#definition, copy);
    });
  }

  close(): Promise<void> {
    return this.#serial.run(async () => {
      this.#closed = true;
      for (const snapshot of this.#snapshots) await snapshot.release();
      this.#snapshots.clear();
      await this.#leave();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Takes a world in place of the one before, once it can be observed; a world that cannot is not kept. */
  async #enter(
    world: World,
    from: Pick<Branch<O>, 'seed' | 'step' | 'over'>,
    begin: () => Promise<void>,
  ): Promise<readonly [O, EnvInfo]> {
    try {
      await begin();
      const observation = await this.#observe(world);
      const { seed, step, over } = from;
      await this.#leave();
      this.#branch = { world, episodeId: mintId(), seed, step, over, observation };
      return [observation, infoOf(this.#branch)];
    } catch (error) {
      await discardWorld(world);
      throw error;
    }
  }

  async #begin(world: World, seed: number): Promise<void> {
    const { begin } = this.#definition;
    const random = randomStream(seed, 'begin');
    await callback(`begin of world "${world.name}"`, () => begin?.(world, { seed, random }));
    const { started, staged } = world.info();
    if (!started) await world.run({ steps: 0 });
    else if (staged > 0) await world.step();
  }

  async #observe(world: World): Promise<O> {
    const what = `observe of world "${world.name}", at tick ${world.tick},`;
    return callback(what, () => this.#definition.observe(world));
  }

  async #step(branch: Branch<O>, action: A): Promise<Stepped<O, R>> {
    const { world, observation: before } = branch;
    await this.#act(branch, action);
    branch.step++;
    // Until the new state is judged, nobody knows what it is.
    branch.over = 'failed';
    const { step } = branch;
    const { after, reward, terminated } = await this.#judge(world, { action, before, step });
    const truncated = !terminated && step >= this.maxSteps;
    branch.observation = after;
    branch.over = terminated || truncated ? 'ended' : 'no';
    return [after, reward, terminated, truncated, infoOf(branch)];
  }

  /** One tick. If it fails, the world and what is staged in it are as before. */
  async #act({ world, seed, step }: Branch<O>, action: A): Promise<void> {
    const { tick } = world;
    const random = randomStream(seed, `act, tick ${tick}`);
    const what = `act of world "${world.name}", at tick ${tick},`;
    try {
      const given = { tick, step, random };
      const input = await callback(what, () => this.#definition.act(world, action, given));
      await world.step(input === undefined || input === null ? {} : { input });
    } catch (error) {
      world.discard();
      throw error;
    }
  }

  async #leave(): Promise<void> {
    const branch = this.#branch;
    this.#branch = undefined;
    if (branch !== undefined) await discardWorld(branch.world);
  }

  #admit<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(async () => {
      if (!this.#closed) return work();
      throw new ArchetypeError(
        'env_closed',
        `The environment of world "${this.#base.name}" is closed; make another one with createEnv.`,
      );
    });
  }

  #begun(): Branch<O> {
    if (this.#branch !== undefined) return this.#branch;
    throw new ArchetypeError(
      'no_episode',
      `The environment of world "${this.#base.name}" has no episode yet; call reset() first.`,
    );
  }

  #underWay(): Branch<O> {
    const branch = this.#begun();
    if (branch.over === 'no') return branch;
    throw new ArchetypeError(
      'no_episode',
      branch.over === 'ended'
        ? `The episode of world "${this.#base.name}" ended with step ${branch.step}; call reset() to begin another.`
        : `Step ${branch.step} of world "${this.#base.name}" could not be observed and judged; call reset() to begin another episode, or restore a snapshot.`,
    );
  }
}

const infoOf = ({ world, episodeId, seed, step }: Branch<unknown>): EnvInfo =>
  Object.freeze({ episodeId, worldId: world.id, seed, tick: world.tick, step });
