import { ArchetypeError, type World } from '@archetype/core';
import { discardWorld, type Branch } from './branch.ts';
import type { EnvSnapshot } from './env.ts';

/** A branch that is never stepped. */
export class WorldSnapshot implements EnvSnapshot {
  readonly seed: number;
  readonly step: number;
  readonly over: Branch<unknown>['over'];
  readonly #world: World;
  #released: Promise<void> | undefined;

  constructor(world: World, { seed, step, over }: Branch<unknown>) {
    this.#world = world;
    this.seed = seed;
    this.step = step;
    this.over = over;
  }

  /** Its world, to be forked. @throws `no_episode` */
  get world(): World {
    if (this.#released === undefined) return this.#world;
    throw new ArchetypeError(
      'no_episode',
      `The snapshot of step ${this.step} was released, or its environment closed; take another one, and keep it.`,
    );
  }

  release(): Promise<void> {
    this.#released ??= discardWorld(this.#world);
    return this.#released;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
