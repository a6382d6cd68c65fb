import { ArchetypeError } from '../errors.ts';

/** Names of live worlds, each taken once. */
export class Names {
  readonly #names = new Set<string>();

  /** @throws `world_exists` */
  take(name: string): void {
    if (!this.#names.has(name)) {
      this.#names.add(name);
      return;
    }
    throw new ArchetypeError(
      'world_exists',
      `A live world is called "${name}" already; close it, or use another name.`,
    );
  }

  release(name: string): void {
    this.#names.delete(name);
  }

  /** The name itself, or with the first number behind it that nobody has. */
  free(name: string): string {
    for (let k = 1; ; k++) {
      const candidate = k === 1 ? name : `${name}-${k}`;
      if (!this.#names.has(candidate)) return candidate;
    }
  }
}
