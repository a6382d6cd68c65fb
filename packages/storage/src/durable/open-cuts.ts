import type { PartId } from '../table-store.ts';

/** Parts that reads under way go on to read; they are not removed before. */
export class OpenCuts {
  readonly #readers = new Map<PartId, number>();

  /** Returns how to let go of them. */
  pin(parts: Iterable<PartId>): () => void {
    const pinned = new Set(parts);
    for (const part of pinned) this.#readers.set(part, (this.#readers.get(part) ?? 0) + 1);
    return () => {
      for (const part of pinned) {
        const left = this.#readers.get(part)! - 1;
        if (left === 0) this.#readers.delete(part);
        else this.#readers.set(part, left);
      }
      pinned.clear();
    };
  }

  /** Parts that some read needs. */
  get parts(): readonly PartId[] {
    return [...this.#readers.keys()];
  }
}
