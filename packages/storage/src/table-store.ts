import type { Frame, Schema } from '@archetype/core';

/** Names a part; letters, digits, `_` and `-`. */
export type PartId = string;

/** What a part is made of on disk. */
export interface PartFiles {
  /** Paths relative to the table store's directory. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** `rows` rows of a part from row `offset` on. */
export interface Slice {
  readonly part: PartId;
  readonly offset: number;
  readonly rows: number;
}

/**
 * What a storage adapter implements. A part is an immutable group of files that holds some ticks of one table: written
 * once, read by row number, removed. The durable store above decides which parts exist.
 */
export interface TableStore {
  /**
   * Writes a part; returns when it survives a power loss. A part of that id that is not listed anywhere is a leftover of
   * a crash and is replaced. Rows keep the order in which they come.
   */
  write(part: PartId, schema: Schema, rows: AsyncIterable<Frame>): Promise<PartFiles>;
  /**
   * Rows of the slices, in slice order and then row order, with the columns of `columns` in that order. Frames may be cut
   * anywhere. @throws `part_missing`, `part_damaged`
   */
  scan(slices: readonly Slice[], columns: Schema): AsyncIterable<Frame>;
  /** Every part there is, listed or not; how leftovers are found. */
  list(): AsyncIterable<PartId>;
  /** Absent is success. */
  remove(parts: readonly PartId[]): Promise<void>;
  close(): Promise<void>;
}

/** How to open a table store, as data, so that another thread can open it too. */
export interface TableStoreSource {
  /** Engine name, for example `lancedb`. */
  readonly backend: string;
  /** URL of a module that exports `openTableStore(location: string): Promise<TableStore>`. */
  readonly module: string;
}

export type OpenTableStore = (location: string) => Promise<TableStore>;
