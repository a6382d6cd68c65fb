import type { Column, Frame, Schema } from '@archetype/core';
import type { PartFiles, PartId, TableStore } from '../table-store.ts';

/** What SQLite says when there is no room for a transaction. */
const SQLITE_FULL = 13;

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

  /** Also tells how many of the rows are of entities that do not live any more. */
  async write(
    part: PartId,
    schema: Schema,
    rows: AsyncIterable<Frame>,
  ): Promise<{ readonly files: PartFiles; readonly inactive: number }> {
    this.#written.push(part);
    let inactive = 0;
    const counted = async function* (): AsyncGenerator<Frame> {
      for await (const frame of rows) {
        inactive += countInactive(frame.at('is_active'));
        yield frame;
      }
    };
    const files = await this.#guard(() => this.#tables.write(part, schema, counted()));
    return { files, inactive };
  }

  async copyIndexed(part: PartId, to: PartId, columns: readonly string[]): Promise<PartFiles> {
    this.#written.push(to);
    return this.#guard(() => this.#tables.copyIndexed!(part, to, columns));
  }

  async index(part: PartId, columns: readonly string[]): Promise<PartFiles> {
    return this.#guard(() => this.#tables.index!(part, columns));
  }

  /**
   * Does what lists the parts. On a full disk nothing of it was done, and the parts go; any other failure may turn out to
   * have been one of telling, and then the parts are listed after a crash.
   */
  async list(work: () => void): Promise<void> {
    try {
      work();
    } catch (error) {
      if ((error as { readonly errcode?: number }).errcode === SQLITE_FULL) await this.#takeBack();
      throw error;
    }
  }

  async #guard(work: () => Promise<PartFiles>): Promise<PartFiles> {
    try {
      return await work();
    } catch (error) {
      await this.#takeBack();
      throw error;
    }
  }

  async #takeBack(): Promise<void> {
    // The first failure is the one to tell; what is left of the parts is replaced by the next try.
    await this.#tables.remove(this.#written).catch(() => undefined);
  }
}

export function countInactive(active: Column): number {
  if (active.constant === true) return 0;
  // Its bytes, since all rows of every part pass here.
  const flags = active.data as Uint8Array;
  let inactive = 0;
  for (let row = 0; row < active.length; row++) if (flags[row] === 0) inactive++;
  return inactive;
}
