import { ArchetypeError, mintId, type World } from '@archetype/core';

/** An episode under way: the world that holds it, and how far it is. */
export interface Branch<O> {
  readonly world: World;
  readonly episodeId: string;
  readonly seed: number;
  step: number;
  observation: O;
  /** Why there are no more steps. */
  over: 'no' | 'ended' | 'failed';
}

/** A name that no other world of the base has. */
export const branchName = (base: World): string => `${base.name}:env:${mintId()}`;

/** Ends a world that nobody needs any more. */
export async function discardWorld(world: World): Promise<void> {
  try {
    await world.destroy();
  } catch (error) {
    // Whoever closed or destroyed it before us has done what was to be done.
    const codes: readonly unknown[] = ['world_closed', 'world_destroyed', 'store_closed'];
    if (!(error instanceof ArchetypeError && codes.includes(error.code))) throw error;
  }
}
