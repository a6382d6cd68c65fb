import type { World } from '@archetype/core';
import type { Services } from '../operations/services.ts';

/** Where worlds were forked from; that never changes. */
export class Ancestry {
  readonly #services: Pick<Services, 'liveNow' | 'store'>;
  readonly #sources = new Map<string, string | undefined>();

  constructor(services: Pick<Services, 'liveNow' | 'store'>) {
    this.#services = services;
  }

  /** The worlds that a world was forked from, nearest first. */
  readonly of = async (world: string): Promise<readonly string[]> => {
    const ancestors: string[] = [];
    for (let id = await this.#sourceOf(world); id !== undefined; id = await this.#sourceOf(id))
      ancestors.push(id);
    return ancestors;
  };

  async #sourceOf(world: string): Promise<string | undefined> {
    if (this.#sources.has(world)) return this.#sources.get(world);
    const live: World | undefined = this.#services.liveNow(world);
    if (live !== undefined) this.#sources.set(world, live.info().forkedAt?.world);
    else
      for (const stored of await (await this.#services.store()).worlds())
        this.#sources.set(stored.world, stored.forkedAt?.world);
    return this.#sources.get(world);
  }
}
