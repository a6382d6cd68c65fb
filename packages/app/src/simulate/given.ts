import { ArchetypeError, type World } from '@archetype/core';

/** @throws `invalid_argument` for anything that cannot be stepped and forked */
export function requireWorld(given: unknown, taker: string): void {
  const world = given as Partial<World> | undefined | null;
  if (typeof world?.run === 'function' && typeof world.fork === 'function') return;
  throw new ArchetypeError(
    'invalid_argument',
    `${taker} was given ${printed(given)} for a world; give it what a runtime's world(…) or a fork returned.`,
  );
}

/** @throws `invalid_argument` */
export function requireOptions(given: unknown, taker: string): void {
  if (typeof given === 'object' && given !== null) return;
  throw new ArchetypeError(
    'invalid_argument',
    `${taker} was given ${printed(given)} for its options; give it an object.`,
  );
}

const printed = (given: unknown): string =>
  given === null ? 'null' : typeof given === 'object' ? 'an object' : typeof given;
