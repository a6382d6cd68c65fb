import { ArchetypeError, type World, type WorldId } from '@archetype/core';
import type { LeftBehind } from './rollout-options.ts';

/** The worlds of a rollout. Each that was taken is destroyed or closed in the end, whatever happens. */
export class RolloutForks {
  readonly #open = new Map<number, World>();
  readonly #ids = new Map<number, WorldId>();
  /** Worlds that could not be cleaned up. */
  readonly left: LeftBehind[] = [];

  take(index: number, fork: World): void {
    this.#open.set(index, fork);
    this.#ids.set(index, fork.id);
  }

  /** The world that an episode was given, if it came to that. */
  idOf(index: number): WorldId | undefined {
    return this.#ids.get(index);
  }

  async destroy(index: number): Promise<void> {
    await this.#end(index, (fork) => fork.destroy());
  }

  /** Ends those that are still open. */
  async end(how: 'destroy' | 'close'): Promise<void> {
    for (const index of this.#open.keys()) await this.#end(index, (fork) => fork[how]());
  }

  async #end(index: number, end: (fork: World) => Promise<void>): Promise<void> {
    const fork = this.#open.get(index);
    if (fork === undefined) return;
    this.#open.delete(index);
    try {
      await end(fork);
    } catch (error) {
      // Somebody else has destroyed it already.
      if (error instanceof ArchetypeError && error.code === 'world_destroyed') return;
      this.left.push({ world: { id: fork.id, name: fork.name }, error });
      // Nobody holds it any more, so its name is free again.
      await fork.close();
    }
  }
}
