import { ArchetypeError, fromArrow, toIPC, type Frame, type Schema } from '@archetype/core';
import {
  LentMemory,
  type NearestQuery,
  type ObjectStore,
  type OpenTableStore,
  type PartFiles,
  type PartId,
  type RowFilter,
  type RowRange,
  type Slice,
  type TableStore,
} from '@archetype/storage';
import { connect, Index, Session, type Connection, type Table } from '@lancedb/lancedb';
import { mkdir } from 'node:fs/promises';
import { lanceFilter } from './lance-filter.ts';
import { encodingOf, lanceRows } from './lance-rows.ts';
import { localFolder, remoteFolder, type PartFolder } from './part-folder.ts';

/** Lance keeps what it read of tables in caches that grow without bound unless told: 64 MB of indices, 32 MB of metadata. */
const INDEX_CACHE_BYTES = 64n << 20n;
const METADATA_CACHE_BYTES = 32n << 20n;
/** Rows in memory at a time while a part is written, and in each fragment of it but the last. */
const FRAGMENT_ROWS = 1_000_000;
/** Open handles of parts. */
const MAX_OPEN = 64;
/** Rows that a scan is handed at a time: handing over the 1 024 that Lance takes unless told costs more than reading them. */
const SCAN_ROWS = 16_384;

/**
 * What is used of the binding below Lance's own door: it takes Arrow as bytes, where the door rebuilds a table of its own
 * from one of ours first. The version is pinned for it.
 */
type NativeConnection = Connection & {
  readonly inner: {
    createTable(name: string, ipc: Buffer, mode: 'create'): Promise<NativeTable>;
  };
};
interface NativeTable {
  add(ipc: Buffer, mode: 'append'): Promise<unknown>;
  close(): void;
}

interface Batch {
  readonly schema: unknown;
  readonly numRows: number;
}
/** What a query is below its door, which lets only whole tables say how many rows come at a time. */
interface NativeQuery {
  execute(options: { readonly maxBatchLength: number }): AsyncIterable<Batch>;
}

/** Parts as Lance tables, one directory each; the folder opens with any Lance reader. */
class LanceTableStore implements TableStore {
  readonly #connection: NativeConnection;
  readonly #folder: PartFolder;
  readonly #objects: ObjectStore | undefined;
  readonly #open = new Map<PartId, Promise<Table>>();
  /** For rows as bytes; Lance has read them when its write resolves. */
  readonly #lent = new LentMemory();
  /** Absent in an object store, where it would be a request for each file. */
  readonly copyIndexed?: NonNullable<TableStore['copyIndexed']>;

  constructor(connection: NativeConnection, folder: PartFolder, objects: ObjectStore | undefined) {
    this.#connection = connection;
    this.#folder = folder;
    this.#objects = objects;
    const { copy } = folder;
    if (copy === undefined) return;
    this.copyIndexed = async (part, to, columns) => {
      await this.remove([to]);
      await copy(part, to);
      return this.index(to, columns);
    };
  }

  async write(part: PartId, schema: Schema, rows: AsyncIterable<Frame>): Promise<PartFiles> {
    await this.remove([part]);
    let written: NativeTable | undefined;
    const append = (frames: readonly Frame[]): Promise<void> =>
      this.#lent.lend(async (memory) => {
        const notes = encodingOf;
        const ipc = toIPC(lanceRows(schema, frames), 'file', { notes, memory });
        const bytes = Buffer.from(ipc.buffer, ipc.byteOffset, ipc.byteLength);
        if (written === undefined)
          written = await this.#connection.inner.createTable(part, bytes, 'create');
        else await written.add(bytes, 'append');
      });
    // One call is one fragment; rows keep their numbers over all of them, and `take` counts on their size.
    let frames: Frame[] = [];
    let count = 0;
    for await (const frame of rows) {
      let from = 0;
      while (count + frame.numRows - from >= FRAGMENT_ROWS) {
        const end = from + FRAGMENT_ROWS - count;
        await append([...frames, frame.slice(from, end)]);
        [frames, count, from] = [[], 0, end];
      }
      if (from === frame.numRows) continue;
      frames.push(frame.slice(from));
      count += frame.numRows - from;
    }
    if (count > 0 || written === undefined) await append(frames);
    written?.close();
    return this.#folder.settle(part);
  }

  async *scan(slices: readonly Slice[], columns: Schema): AsyncGenerator<Frame> {
    const names = columns.map((field) => field.name);
    for (const { part, offset, rows } of slices) {
      if (rows === 0) continue;
      const table = await this.#table(part);
      let read = 0;
      const query = table
        .query()
        .select(names)
        .offset(offset)
        .limit(rows) as unknown as NativeQuery;
      const batches = query.execute({ maxBatchLength: SCAN_ROWS });
      for await (const batch of this.#batches(part, batches)) {
        read += batch.numRows;
        yield frameOf(batch, columns);
      }
      if (read !== rows) throw this.#damaged(part, read, rows);
    }
  }

  async *take(part: PartId, columns: Schema, ranges: readonly RowRange[]): AsyncGenerator<Frame> {
    // Lance plans much longer for as many offsets.
    const ids: number[] = [];
    for (const { offset, rows } of ranges)
      for (let row = offset; row < offset + rows; row++) ids.push(rowId(row));
    if (ids.length === 0) return;
    const table = await this.#table(part);
    const query = table
      .takeRowIds(ids)
      .select(columns.map((field) => field.name)) as unknown as NativeQuery;
    const batches = this.#batches(part, query.execute({ maxBatchLength: SCAN_ROWS }));
    let read = 0;
    for await (const batch of batches) {
      read += batch.numRows;
      yield frameOf(batch, columns);
    }
    if (read !== ids.length) throw this.#damaged(part, read, ids.length);
  }

  async *find(part: PartId, columns: Schema, filter: RowFilter): AsyncGenerator<Frame> {
    const condition = lanceFilter(filter, columns);
    const all = (await this.#table(part)).query().select(columns.map((field) => field.name));
    const query = condition === undefined ? all : all.where(condition);
    for await (const batch of this.#batches(part, query)) yield frameOf(batch, columns);
  }

  async *nearest(
    part: PartId,
    columns: Schema,
    { column, vector, metric, k, filter }: NearestQuery,
  ): AsyncGenerator<Frame> {
    const query = (await this.#table(part))
      .query()
      .nearestTo([...vector])
      .column(column)
      .distanceType(metric)
      .bypassVectorIndex()
      .where(['is_active', lanceFilter(filter, columns)].filter(Boolean).join(' and '))
      .select([...columns.map((field) => field.name), '_distance'])
      .limit(k);
    for await (const batch of this.#batches(part, query)) yield frameOf(batch, columns);
  }

  async index(part: PartId, columns: readonly string[]): Promise<PartFiles> {
    const table = await this.#table(part);
    for (const column of columns)
      await table.createIndex(column, { config: Index.btree(), replace: true });
    return this.#folder.settle(part);
  }

  check(part: PartId, files: PartFiles): Promise<readonly string[]> {
    return this.#folder.check(part, files);
  }

  list(): AsyncIterable<PartId> {
    return this.#folder.list();
  }

  async remove(parts: readonly PartId[]): Promise<void> {
    for (const part of parts) {
      const open = this.#open.get(part);
      this.#open.delete(part);
      (await open)?.close();
      await this.#folder.remove(part);
    }
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const table of open) (await table).close();
    this.#connection.close();
    this.#objects?.close();
  }

  #damaged(part: PartId, read: number, rows: number): ArchetypeError {
    return new ArchetypeError(
      'part_damaged',
      `Part ${part} gave ${read} rows where ${rows} were written; restore ${this.#folder.where(part)} from a backup.`,
    );
  }

  /** What a query answers; what Lance complains of is said of the part. */
  async *#batches(part: PartId, query: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    try {
      yield* query;
    } catch (cause) {
      const where = this.#folder.where(part);
      const [code, remedy] =
        this.#objects === undefined
          ? (['part_damaged', `Restore ${where} from a backup.`] as const)
          : (['storage_unavailable', `Check that ${where} can be reached.`] as const);
      throw new ArchetypeError(
        code,
        `Part ${part} could not be read: ${cause instanceof Error ? cause.message : String(cause)} ${remedy}`,
        { cause },
      );
    }
  }

  async #table(part: PartId): Promise<Table> {
    let table = this.#open.get(part);
    if (table === undefined) {
      if (this.#open.size >= MAX_OPEN) {
        const [oldest] = this.#open.keys();
        this.#open.delete(oldest!);
      }
      table = this.#connection.openTable(part);
      this.#open.set(part, table);
    }
    try {
      return await table;
    } catch (cause) {
      this.#open.delete(part);
      throw new ArchetypeError(
        'part_missing',
        `Part ${part} could not be opened: ${cause instanceof Error ? cause.message : String(cause)} Restore ${this.#folder.where(part)} from a backup.`,
        { cause },
      );
    }
  }
}

/** Lance's own number of a row: its fragment, and its place there. */
const rowId = (row: number): number =>
  Math.floor(row / FRAGMENT_ROWS) * 2 ** 32 + (row % FRAGMENT_ROWS);

const frameOf = (batch: Batch, columns: Schema): Frame =>
  fromArrow({ schema: batch.schema, batches: [batch] } as never, columns) as unknown as Frame;

/** Opens the parts under a directory, which is made if absent, or under a prefix of an object store. */
export const openTableStore: OpenTableStore = async (location, remote) => {
  if (remote === undefined) await mkdir(location, { recursive: true });
  const session = new Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES);
  const connection = (await connect(location, {
    session,
    ...(remote && { storageOptions: { ...remote.storageOptions } }),
  })) as NativeConnection;
  return remote === undefined
    ? new LanceTableStore(connection, localFolder(location), undefined)
    : new LanceTableStore(connection, remoteFolder(remote.objects, location), remote.objects);
};
