import { ArchetypeError, type ForkOptions, type Mutation, type World } from '@archetype/core';

/** A world as it stood at a moment, from which branches are taken later. */
export interface ForkPoint {
  readonly tick: number;
  /**
   * A branch of the world as it stood. @throws `base_changed` when that cannot be had any more, and what a fork throws
   */
  fork(options: Omit<ForkOptions, 'at'>): Promise<World>;
}

/**
 * Remembers a world's state, with what is staged. When the world goes on meanwhile, branches are taken from its past;
 * what was staged is in no past, so then the world must be left as it is.
 */
export function forkPoint(base: World): ForkPoint {
  const { tick } = base;
  const { started } = base.info();
  const staged = base.staged();
  const same = (world: World): boolean =>
    world.tick === tick && world.info().started === started && sameItems(world.staged(), staged);
  return {
    tick,
    fork: async (options) => {
      if (same(base)) {
        const fork = await base.fork(options);
        // Somebody may have changed the base while the fork waited for its turn.
        if (same(fork)) return fork;
        await fork.destroy();
      }
      if (started && staged.length === 0) return base.fork({ ...options, at: tick });
      throw new ArchetypeError(
        'base_changed',
        `World "${base.name}" was changed after tick ${tick}, where it had mutations staged that are to be part of every branch; leave it alone until the last branch is taken, or step it once before.`,
      );
    },
  };
}

const sameItems = (a: readonly Mutation[], b: readonly Mutation[]): boolean =>
  a.length === b.length && a.every((mutation, k) => mutation === b[k]);
