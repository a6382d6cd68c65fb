import { ArchetypeError } from '@archetype/core';

/** Commands that are being accepted, by world: a world that ends waits for them, and lets no more of them begin. */
export class InFlight {
  readonly #commands = new Map<string, Set<Promise<unknown>>>();
  /** The last of those that leave, by world. */
  readonly #leaving = new Map<string, Promise<void>>();

  /** Runs what accepts commands for some worlds. @throws `world_closed` for a world that is ending */
  async during<T>(worlds: readonly string[], work: () => Promise<T>): Promise<T> {
    const leaving = worlds.find((world) => this.#leaving.has(world));
    if (leaving !== undefined) {
      throw new ArchetypeError(
        'world_closed',
        'This world is being resumed, closed or destroyed, and takes no commands meanwhile; send them again when that is over.',
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

  /** Runs what begins or ends a world, alone: when nothing is being accepted for it, and one after the other. */
  leave<T>(world: string, work: () => Promise<T>): Promise<T> {
    const before = this.#leaving.get(world) ?? Promise.resolve();
    const done = before.then(async () => {
      const under = this.#commands.get(world);
      if (under !== undefined) await Promise.all(under);
      return work();
    });
    const over = done.then(
      () => undefined,
      () => undefined,
    );
    this.#leaving.set(world, over);
    return done.finally(() => {
      if (this.#leaving.get(world) === over) this.#leaving.delete(world);
    });
  }
}
