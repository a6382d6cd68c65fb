import type { HookDefinition } from '../tick/simulation.ts';
import { HOOK_STAGING, quiet, type HookWorld, type QuietWorld } from '../world/hook-world.ts';
import type { HookEvents } from '../world/hooks.ts';
import type { SyncWorld } from './sync-world.ts';

/** A world that does not await, as its blocking handlers see it. */
export type SyncHookWorld = Pick<SyncWorld, keyof HookWorld>;
/** … and as its detached handlers see it: it takes no mutations. */
export type SyncQuietWorld = Pick<SyncWorld, Exclude<keyof QuietWorld, 'resources'>> &
  Pick<QuietWorld, 'resources'>;

/** As `HookEvents`, with worlds that answer at once. */
export type SyncHookEvents = {
  readonly [E in keyof HookEvents]: Omit<HookEvents[E], 'world' | 'fork'> & {
    readonly world: SyncHookWorld;
  } & (E extends 'fork' ? { readonly fork: SyncWorld } : unknown);
};

/** What a detached handler of such a world is given. */
export type SyncDetached<E> = Omit<E, 'world'> & { readonly world: SyncQuietWorld };

/** A handler that was given to `SyncWorld.on`, and so knows that its world answers at once. */
export interface SyncHookDefinition extends HookDefinition {
  readonly answers: 'at once';
}

/** The world as a handler was told that it would be: those of `defineHook` are written for worlds that are awaited. */
export function faceFor(hook: HookDefinition, world: SyncWorld): object {
  const face = 'answers' in hook ? world : awaited(world);
  return hook.mode === 'blocking' ? face : quiet(face);
}

function awaited(world: SyncWorld): HookWorld {
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
      return world.resources;
    },
    info: () => world.info(),
    staged: () => world.staged(),
    query: async (...given: Parameters<SyncWorld['query']>) => world.query(...given),
    messages: async (...given: Parameters<SyncWorld['messages']>) => world.messages(...given),
    ...Object.fromEntries(
      HOOK_STAGING.map((name) => [
        name,
        (...given: never[]) => (world[name] as (...given: never[]) => unknown)(...given),
      ]),
    ),
  };
  return face as HookWorld;
}
