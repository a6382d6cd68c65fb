import { ArchetypeError, type Actor } from '@archetype/core';

/** The worlds that a world was forked from, nearest first. */
export type Ancestors = (world: string) => Promise<readonly string[]>;

/** Whether an actor may have to do with a world: it is not limited, the world is one of its own, or a fork of one. */
export async function reaches(
  { worlds }: Actor,
  world: string,
  ancestors: Ancestors,
): Promise<boolean> {
  if (worlds === undefined || worlds.includes(world)) return true;
  return (await ancestors(world)).some((ancestor) => worlds.includes(ancestor));
}

/** @throws `forbidden`, whether there is such a world or not */
export async function requireReach(
  actor: Actor,
  type: string,
  world: string | undefined,
  ancestors: Ancestors,
): Promise<void> {
  if (actor.worlds === undefined) return;
  if (world !== undefined && (await reaches(actor, world, ancestors))) return;
  throw new ArchetypeError(
    'forbidden',
    `You are limited to some worlds and their forks, and ${type} ${world === undefined ? 'named none of them' : 'is not about one of them'}.`,
  );
}
