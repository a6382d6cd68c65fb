import { ArchetypeError } from '@archetype/core';

/** Commands that are being accepted, by world: a world that ends waits for them, and lets no more of them begin. */
export class InFlight {
  readonly #commands = new Map<string, Set<Promise<unknown>>>();
  readonly #leaving = new Set<string>();

  /** Runs what accepts commands for some worlds. @throws `world_closed` for a world that is ending */
  async during<T>(worlds: readonly string[], work: () => Promise<T>): Promise<T> {
    const leaving = worlds.find((world) => this.#leaving.has(world));
    if (leaving !== undefined) {
      throw new ArchetypeError(
        'world_closed',
        'This world is being closed or destroyed and takes no more commands; resume it, or send them to another.',
      );
    }
    const done = work();
    const over = done.catch(() => undefined);
    for (const world of worlds) {
      const under = this.#commands.get(world);
      if (under === undefined) this.#commands.set(world, new Set([over]));
      else under.add(over);
    }
    try {
      return await done;
    } finally {
      for (const world of worlds) {
        const under = this.#commands.get(world)!;
        under.delete(over);
        if (under.size === 0) this.#commands.delete(world);
      }
    }
  }

  /** Runs what ends a world, when nothing is being accepted for it. */
  async leave<T>(world: string, end: () => Promise<T>): Promise<T> {
    this.#leaving.add(world);
    try {
      const under = this.#commands.get(world);
      if (under !== undefined) await Promise.all(under);
      return await end();
    } finally {
      this.#leaving.delete(world);
    }
  }
}
