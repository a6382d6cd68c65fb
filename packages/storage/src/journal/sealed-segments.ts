import { join } from 'node:path';
import type { FileSystem } from '../file-system/file-system.ts';

/** Segments that nothing is written to any more. A directory also lists one that is only being made. */
export class SealedSegments {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #found: ReadonlySet<string>;
  #names: readonly string[];

  /** `found` were there when the journal was opened, in order. */
  constructor(fs: FileSystem, directory: string, found: readonly string[]) {
    this.#fs = fs;
    this.#directory = directory;
    this.#found = new Set(found);
    this.#names = found;
  }

  /** In order. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Whether this process wrote a segment, which is sound then; what opening found may be damaged. */
  wrote(name: string): boolean {
    return !this.#found.has(name);
  }

  add(name: string): void {
    this.#names = [...this.#names, name];
  }

  /** Removes one whose records are kept elsewhere. */
  async drop(name: string): Promise<void> {
    await this.#fs.remove(join(this.#directory, name));
    this.#names = this.#names.filter((other) => other !== name);
  }
}
