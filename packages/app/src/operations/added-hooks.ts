import { mintId, type Hook, type HookDefinition, type World } from '@archetype/core';

interface Added {
  readonly world: string;
  readonly definition: HookDefinition;
  readonly hook: Hook;
}

/** Hooks that were added through the gate, by the id that was given for each. */
export class AddedHooks {
  readonly #added = new Map<string, Added>();

  add(world: World, definition: HookDefinition): string {
    const { event, handler, mode } = definition;
    const hook = world.on(event as 'postTick', handler as never, { mode } as never);
    const id = mintId();
    this.#added.set(id, { world: world.id, definition, hook });
    return id;
  }

  /** False when the world has no such hook. */
  remove(world: string, id: string): boolean {
    const added = this.#added.get(id);
    if (added?.world !== world) return false;
    added.hook.remove();
    return this.#added.delete(id);
  }

  /** The id of a world's hook, if it was added here. */
  idOf(world: string, { handler, event }: HookDefinition): string | undefined {
    for (const [id, added] of this.#added) {
      const same = added.definition.handler === handler && added.definition.event === event;
      if (same && added.world === world) return id;
    }
    return undefined;
  }

  forget(world: string): void {
    for (const [id, added] of this.#added) if (added.world === world) this.#added.delete(id);
  }
}
