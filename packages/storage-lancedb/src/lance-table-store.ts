import {
  ArchetypeError,
  Frame,
  fromArrow,
  fromValues,
  toArrow,
  types,
  type Schema,
} from '@archetype/core';
import {
  checkFiles,
  type NearestQuery,
  type OpenTableStore,
  type PartFiles,
  type PartId,
  type RowFilter,
  type Slice,
  type TableStore,
} from '@archetype/storage';
import { connect, Index, Session, type Connection, type Table } from '@lancedb/lancedb';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lanceFilter } from './lance-filter.ts';
import { syncTree } from './sync-tree.ts';

/** Lance keeps what it read of tables in caches that grow without bound unless told: 64 MB of indices, 32 MB of metadata. */
const INDEX_CACHE_BYTES = 64n << 20n;
const METADATA_CACHE_BYTES = 32n << 20n;
/** Open handles of parts. */
const MAX_OPEN = 64;
const SUFFIX = '.lance';

/** Parts as Lance tables, one directory each; the folder opens with any Lance reader. */
class LanceTableStore implements TableStore {
  readonly #connection: Connection;
  readonly #location: string;
  readonly #open = new Map<PartId, Promise<Table>>();

  constructor(connection: Connection, location: string) {
    this.#connection = connection;
    this.#location = location;
  }

  async write(part: PartId, schema: Schema, rows: AsyncIterable<Frame>): Promise<PartFiles> {
    const plain = plainSchema(schema);
    const frames: Frame[] = [];
    for await (const frame of rows) frames.push(plainFrame(frame, plain));
    // One table in one call is one fragment, so that row numbers are positions in the file.
    const table = toArrow(Frame.concat(plain, frames));
    await this.remove([part]);
    const written = await this.#connection.createTable(part, table);
    written.close();
    // Lance never syncs a local disk.
    return syncTree(this.#location, part + SUFFIX);
  }

  async *scan(slices: readonly Slice[], columns: Schema): AsyncGenerator<Frame> {
    const names = columns.map((field) => field.name);
    for (const { part, offset, rows } of slices) {
      if (rows === 0) continue;
      const table = await this.#table(part);
      let read = 0;
      for await (const batch of table.query().select(names).offset(offset).limit(rows)) {
        read += batch.numRows;
        yield frameOf(batch, columns);
      }
      if (read !== rows) {
        throw new ArchetypeError(
          'part_damaged',
          `Part ${part} gave ${read} rows where ${rows} were written; restore ${join(this.#location, part + SUFFIX)} from a backup.`,
        );
      }
    }
  }

  async *find(part: PartId, columns: Schema, filter: RowFilter): AsyncGenerator<Frame> {
    const query = (await this.#table(part))
      .query()
      .select(columns.map((field) => field.name))
      .where(lanceFilter(filter, columns));
    for await (const batch of query) yield frameOf(batch, columns);
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
      .where(`is_active and ${lanceFilter(filter, columns)}`)
      .select([...columns.map((field) => field.name), '_distance'])
      .limit(k);
    for await (const batch of query) yield frameOf(batch, columns);
  }

  async index(part: PartId, columns: readonly string[]): Promise<PartFiles> {
    const table = await this.#table(part);
    for (const column of columns)
      await table.createIndex(column, { config: Index.btree(), replace: true });
    return syncTree(this.#location, part + SUFFIX);
  }

  check(_part: PartId, files: PartFiles): Promise<readonly string[]> {
    return checkFiles(this.#location, files);
  }

  async *list(): AsyncGenerator<PartId> {
    for (const name of await readdir(this.#location)) {
      if (name.endsWith(SUFFIX)) yield name.slice(0, -SUFFIX.length);
    }
  }

  async remove(parts: readonly PartId[]): Promise<void> {
    for (const part of parts) {
      const open = this.#open.get(part);
      this.#open.delete(part);
      (await open)?.close();
      await rm(join(this.#location, part + SUFFIX), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const table of open) (await table).close();
    this.#connection.close();
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
        `Part ${part} could not be opened: ${cause instanceof Error ? cause.message : String(cause)} Restore ${join(this.#location, part + SUFFIX)} from a backup.`,
        { cause },
      );
    }
  }
}

const frameOf = (batch: { readonly schema: unknown }, columns: Schema): Frame =>
  fromArrow({ schema: batch.schema, batches: [batch] } as never, columns) as unknown as Frame;

/** Enums are written as text, which every Lance reader understands. */
const plainSchema = (schema: Schema): Schema =>
  schema.map(({ name, type }) =>
    type.kind === 'enum'
      ? { name, type: { ...types.utf8, nullable: type.nullable } }
      : { name, type },
  );

function plainFrame(frame: Frame, schema: Schema): Frame {
  const columns = schema.map(({ name, type }) => {
    const column = frame.at(name);
    if (column.type.kind !== 'enum') return column;
    return fromValues(
      type,
      Array.from({ length: column.length }, (_, row) => column.get(row)),
    );
  });
  return new Frame(schema, columns, frame.numRows);
}

/** Opens the parts under a directory, which is made if absent. */
export const openTableStore: OpenTableStore = async (location) => {
  await mkdir(location, { recursive: true });
  const session = new Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES);
  return new LanceTableStore(await connect(location, { session }), location);
};
