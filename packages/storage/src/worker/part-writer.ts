import type { Frame, Schema } from '@archetype/core';
import type { PartFiles, PartId, TableStore } from '../table-store.ts';

/**
 * Writes parts that are to be listed together. What a failed try leaves is removed at once, since on a full disk the
 * journal needs the room.
 */
export class PartWriter {
  readonly #tables: TableStore;
  readonly #written: PartId[] = [];

  constructor(tables: TableStore) {
    this.#tables = tables;
  }

  async write(part: PartId, schema: Schema, rows: AsyncIterable<Frame>): Promise<PartFiles> {
    this.#written.push(part);
    return this.#guard(() => this.#tables.write(part, schema, rows));
  }

  async index(part: PartId, columns: readonly string[]): Promise<PartFiles> {
    return this.#guard(() => this.#tables.index!(part, columns));
  }

  async #guard(work: () => Promise<PartFiles>): Promise<PartFiles> {
    try {
      return await work();
    } catch (error) {
      // The first failure is the one to tell; what is left of the parts is replaced by the next try.
      await this.#tables.remove(this.#written).catch(() => undefined);
      throw error;
    }
  }
}
