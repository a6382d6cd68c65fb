import { ArchetypeError, type Actor } from '@archetype/core';
import { printed } from './printed.ts';

/** Who trusted calls of this process run as. */
export const SYSTEM: Actor = Object.freeze({ id: 'SYSTEM', roles: Object.freeze([]) });

const MAX_ID = 200;

/** What was checked once. */
const checked = new WeakSet<object>();

/** A frozen copy. @throws `invalid_argument` */
export function checkActor(given: unknown): Actor {
  if (typeof given === 'object' && given !== null && checked.has(given)) return given as Actor;
  const { id, roles, worlds } = (given ?? {}) as Partial<Actor>;
  if (typeof id !== 'string' || id.trim() === '' || id.length > MAX_ID)
    throw refused(`an id was ${printed(id)}`);
  if (id === SYSTEM.id) throw refused('SYSTEM is what the process itself is called');
  if (!isTexts(roles)) throw refused(`roles were ${printed(roles)}`);
  if (worlds !== undefined && !isTexts(worlds)) throw refused(`worlds were ${printed(worlds)}`);
  const actor = Object.freeze({
    id,
    roles: Object.freeze([...roles]),
    ...(worlds !== undefined && { worlds: Object.freeze([...worlds]) }),
  });
  checked.add(actor);
  return actor;
}

const isTexts = (given: unknown): given is readonly string[] =>
  Array.isArray(given) && given.every((item) => typeof item === 'string');

const refused = (problem: string): ArchetypeError =>
  new ArchetypeError(
    'invalid_argument',
    `An actor cannot be made of this: ${problem}; give { id: "ann", roles: ["player"] }, and worlds: [ids] to limit it to some.`,
  );
