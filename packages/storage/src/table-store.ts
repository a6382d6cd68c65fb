import type { Frame, NearestRows, Node, Schema } from '@archetype/core';
import type { ObjectStore } from './remote/object-store.ts';
import type { RowRange } from './spans/span-entities.ts';

/** Names a part; letters, digits, `_` and `-`. */
export type PartId = string;

/** One file of a part. */
export interface PartFile {
  /** Relative to the table store's location. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal; parts written before digests were kept have none. */
  readonly sha256?: string;
  /** Of an object in place of a digest. */
  readonly etag?: string;
}

/** What a part is made of. */
export interface PartFiles {
  readonly files: readonly PartFile[];
  readonly bytes: number;
}

/** `rows` rows of a part from row `offset` on. */
export interface Slice {
  readonly part: PartId;
  readonly offset: number;
  readonly rows: number;
}

/** Which rows of a part are needed. */
export interface RowFilter {
  /** Rows of one run at some of its ticks, inclusive; all rows of the part unless told. */
  readonly of?: { readonly run: string; readonly from: number; readonly to: number };
  readonly entities?: readonly number[];
  /** A condition on columns of the part, row by row; null counts as false. */
  readonly where?: Node;
}

/** Which rows of a part are nearest to a vector, of those that the filter lets through; all of it is exact. */
export interface NearestQuery extends NearestRows {
  readonly filter: Omit<RowFilter, 'where'>;
}

/**
 * What a storage adapter implements. A part is an immutable group of files that holds some ticks of one table: written
 * once, read by row number, removed. The durable store above decides which parts exist. Calls about different parts may
 * overlap, and reads of the same part may.
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
  /**
   * Rows of ascending ranges of a part, in row order; an engine that can skip the rows between is faster here than `scan`.
   * The store above puts parts in order of entity where it can ask for what an entity has. Absent: it keeps them in order of
   * tick. @throws `part_missing`, `part_damaged`
   */
  take?(part: PartId, columns: Schema, ranges: readonly RowRange[]): AsyncIterable<Frame>;
  /**
   * Rows of a part that the filter lets through, or more than those, in row order; an engine that can look rows up is
   * faster here than the store above, which otherwise reads everything and filters. Absent: it always does.
   */
  find?(part: PartId, columns: Schema, filter: RowFilter): AsyncIterable<Frame>;
  /**
   * The `k` living rows of a part that are nearest to a vector, nearest first; of equally near ones, the first of the part.
   * Absent: the store above compares all rows.
   */
  nearest?(part: PartId, columns: Schema, query: NearestQuery): AsyncIterable<Frame>;
  /**
   * Makes `find` by these columns fast; returns when that survives a power loss. Asked for before anything reads the part.
   * Absent: nothing to make.
   */
  index?(part: PartId, columns: readonly string[]): Promise<PartFiles>;
  /**
   * Makes a part `to` of the rows of another, in their order, without reading them all, and `find` by these columns fast in
   * it; returns when it survives a power loss. What is done to either later does not touch the other. A part `to` that is
   * not listed anywhere is a leftover of a crash and is replaced. Asked only of stores that have `index`. Absent: the store
   * above reads the rows and writes them anew.
   */
  copyIndexed?(part: PartId, to: PartId, columns: readonly string[]): Promise<PartFiles>;
  /** What is wrong with a part's files, a sentence each; nothing when they are as they were written. */
  check(part: PartId, files: PartFiles): Promise<readonly string[]>;
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
  /** URL of a module that exports `openTableStore`, an `OpenTableStore`. */
  readonly module: string;
  /** Whether it opens prefixes of object stores too. */
  readonly remote?: boolean;
}

/** What reaches parts in an object store. */
export interface RemoteParts {
  /** The objects below the location. */
  readonly objects: ObjectStore;
  /** As the user gave them, for the engine's own client. */
  readonly storageOptions: Readonly<Record<string, string>>;
}

/** `location` is a directory, or with `remote` the URI of a prefix, such as `s3://bucket/prefix`. */
export type OpenTableStore = (location: string, remote?: RemoteParts) => Promise<TableStore>;
