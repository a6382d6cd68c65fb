import { ArchetypeError } from '../errors.ts';
import type { World } from './world.ts';

/** A world as detached handlers see it: it can be asked, and takes no mutations. */
export type QuietWorld = Pick<
  World,
  'id' | 'run_id' | 'name' | 'tick' | 'info' | 'query' | 'staged' | 'messages'
> & { readonly resources: Pick<World['resources'], 'get' | 'find' | 'list'> };

/** A world as blocking handlers see it: mutations stage as they do from outside. */
export type HookWorld = Pick<
  World,
  | 'id'
  | 'run_id'
  | 'name'
  | 'tick'
  | 'info'
  | 'query'
  | 'staged'
  | 'resources'
  | 'spawn'
  | 'spawnMany'
  | 'despawn'
  | 'update'
  | 'addComponents'
  | 'removeComponents'
  | 'send'
  | 'discard'
  | 'messages'
>;

/** What of it changes the world. */
export const HOOK_STAGING = [
  'spawn',
  'spawnMany',
  'despawn',
  'update',
  'addComponents',
  'removeComponents',
  'send',
  'discard',
] as const;

/** Whatever can be asked like a world; how it answers is its own. */
type Quiet = Pick<World, Exclude<keyof QuietWorld, Reads>> & {
  readonly [R in Reads]: (...given: never[]) => unknown;
};
type Reads = 'query' | 'messages';

/** The world with its mutations refused. */
export function quiet(world: Quiet): QuietWorld {
  const refuse = (): never => {
    throw new ArchetypeError(
      'read_only',
      `A detached handler of world "${world.name}" tried to change it, and nobody waits for such a handler; register it with { mode: "blocking" }.`,
    );
  };
  const face: object = {
    get id() {
      return world.id;
    },
    get run_id() {
      return world.run_id;
    },
    get name() {
      return world.name;
    },
    get tick() {
      return world.tick;
    },
    get resources() {
      return { ...world.resources, set: refuse };
    },
    info: () => world.info(),
    query: (...given: never[]) => world.query(...given),
    staged: () => world.staged(),
    messages: (...given: never[]) => world.messages(...given),
    ...Object.fromEntries(HOOK_STAGING.map((name) => [name, refuse])),
  };
  return face as QuietWorld;
}
