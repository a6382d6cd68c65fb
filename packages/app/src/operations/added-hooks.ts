import { mintId, type HookDefinition, type World } from '@archetype/core';

/** Ids of hooks that were added through the gate. A fork has its source's hooks, under the same ids. */
export class AddedHooks {
  readonly #ids = new WeakMap<HookDefinition, string>();

  add(world: World, definition: HookDefinition): string {
    // A definition of its own, so that the same hook can be added twice and removed once.
    const own = Object.freeze({ ...definition });
    world.hooks.add(own);
    const id = mintId();
    this.#ids.set(own, id);
    return id;
  }

  /** False when the world has no such hook. */
  remove(world: World, id: string): boolean {
    const hook = world.hooks.list().find((given) => this.#ids.get(given) === id);
    return hook !== undefined && world.hooks.remove(hook);
  }

  idOf(hook: HookDefinition): string | undefined {
    return this.#ids.get(hook);
  }
}
