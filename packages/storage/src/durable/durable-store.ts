import {
  ArchetypeError,
  assembleTick,
  baseColumns,
  covers,
  sameCommit,
  scanSchema,
  type Commit,
  type Frame,
  type Lease,
  type ScanQuery,
  type Schema,
  type Signature,
  type Snapshot,
  type Store,
  type StoredWorld,
  type TickMessages,
  type WorldId,
  type WorldRecord,
} from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import { encodeCommit } from '../codec/commit-codec.ts';
import { encodeJson } from '../codec/json-record.ts';
import { recordKinds } from '../codec/record-kind.ts';
import { storeSignature } from '../codec/signature-codec.ts';
import type { Journal } from '../journal/journal.ts';
import type { TableStore } from '../table-store.ts';
import type { FlushSchedule } from './flush-schedule.ts';
import { destroyed, type Ledger, type LedgerWorld } from './ledger.ts';
import { messagesIn } from './messages-in.ts';
import { holdsTable, placesOf } from './places.ts';
import { readTicks } from './read-ticks.ts';
import { snapshotAt } from './snapshot-at.ts';
import { storedCommit } from './stored-commit.ts';
import { storedWorld } from './stored-world.ts';

/** What an open store is made of. */
export interface StoreParts {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly catalog: Catalog;
  readonly flushes: FlushSchedule;
  /** The table store, opened when a read first needs a part. */
  readonly tables: () => Promise<TableStore>;
  /** Ends everything, in order; called once. */
  readonly close: () => Promise<void>;
}

/** The durable store: the journal acknowledges, memory and parts answer. Made by `openDurableStore`. */
export class DurableStore implements Store {
  readonly #parts: StoreParts;
  /** Schemas written to the segment that records go to now. */
  readonly #written = new Set<string>();
  #segment: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async create(record: WorldRecord): Promise<Lease> {
    return this.#begin(recordKinds.created, record);
  }

  async fork(record: WorldRecord): Promise<Lease> {
    this.#open();
    const source = record.lineage.at(-1);
    if (source !== undefined) {
      const world = this.#parts.ledger.get(source.world);
      if (source.tick > world.newest) {
        throw new ArchetypeError(
          'tick_not_found',
          `World "${world.record.name}" has no tick ${source.tick} to fork from; it stands at tick ${world.newest}.`,
        );
      }
    }
    return this.#begin(recordKinds.forked, record);
  }

  async #begin(kind: number, record: WorldRecord): Promise<Lease> {
    this.#open();
    const { ledger, journal } = this.#parts;
    if (ledger.has(record.world)) {
      throw new ArchetypeError(
        'world_exists',
        `This store already has a world ${record.world}; resume it, or mint another id.`,
      );
    }
    await journal.append(encodeJson(kind, record));
    const world = ledger.created(record);
    return leaseOf(world);
  }

  async claim(
    id: WorldId,
  ): Promise<{ lease: Lease; record: StoredWorld; state: Snapshot | undefined }> {
    this.#open();
    const { ledger, journal } = this.#parts;
    const world = ledger.get(id);
    if (world.destroyed) throw destroyed(world);
    const epoch = world.epoch + 1;
    // Appends that were handed over before belong to the former lease and come first in the journal.
    world.epoch = epoch;
    try {
      await journal.append(encodeJson(recordKinds.claimed, { world: id, epoch }));
    } catch (error) {
      world.epoch = epoch - 1;
      throw error;
    }
    const state = await this.snapshot(id, world.newest);
    return {
      lease: leaseOf(world),
      record: storedWorld(ledger, this.#parts.catalog, world),
      state,
    };
  }

  async append(commits: readonly Commit[]): Promise<void> {
    this.#open();
    this.#parts.flushes.throwFailure();
    await Promise.all(commits.map((commit) => this.#append(commit)));
    await this.#parts.flushes.room();
  }

  /** Checked and handed to the journal in one synchronous step, so that calls take effect in their order. */
  async #append(commit: Commit): Promise<void> {
    const { ledger, journal, flushes } = this.#parts;
    const world = ledger.writable(commit.lease);
    if (commit.tick <= world.newest) {
      const present = await storedCommit(this.#parts, world, commit);
      if (present !== undefined && sameCommit(present, commit)) return;
    }
    if (commit.tick !== world.pending + 1) {
      throw new ArchetypeError(
        'tick_conflict',
        `World "${world.record.name}" stands at tick ${world.pending} and was given tick ${commit.tick}${commit.tick <= world.pending ? ' with other content' : ''}; the next tick is ${world.pending + 1}.`,
      );
    }
    this.#checkUnchanged(world, commit);
    this.#writeSchemas(commit);
    const record = encodeCommit(commit);
    const bytes = record.body.reduce((n, buffer) => n + buffer.byteLength, 0);
    world.pending = commit.tick;
    try {
      await journal.append(record);
    } catch (error) {
      world.pending = world.newest;
      throw error;
    }
    ledger.committed(commit);
    const rows = commit.tables.reduce(
      (n, table) => n + ('rows' in table ? table.rows.numRows : 0),
      0,
    );
    flushes.appended(rows, bytes);
  }

  #checkUnchanged(world: LedgerWorld, commit: Commit): void {
    const { ledger, catalog } = this.#parts;
    for (const table of commit.tables) {
      if (
        !('sameAs' in table) ||
        holdsTable(ledger, catalog, world, table.sameAs, table.signature.table)
      ) {
        continue;
      }
      throw new ArchetypeError(
        'tick_conflict',
        `Tick ${commit.tick} says that table ${table.signature.table} is as at tick ${table.sameAs}, which holds no such table; write its rows.`,
      );
    }
  }

  /** Each segment says the columns of the tables in it, once. If that write fails, so does the commit behind it. */
  #writeSchemas(commit: Commit): void {
    const { journal, flushes } = this.#parts;
    const segment = `${flushes.generation} ${journal.segment ?? ''}`;
    if (segment !== this.#segment) this.#written.clear();
    this.#segment = segment;
    for (const { signature } of commit.tables) {
      if (this.#written.has(signature.schema)) continue;
      this.#written.add(signature.schema);
      journal
        .append(encodeJson(recordKinds.schema, storeSignature(signature)))
        .catch(() => this.#written.clear());
    }
  }

  async *scan(query: ScanQuery): AsyncGenerator<Frame> {
    this.#open();
    const { ledger, catalog, tables } = this.#parts;
    const world = ledger.get(query.world);
    const { newest } = world;
    const [from, to] =
      query.ticks === 'newest'
        ? [newest, newest]
        : [query.ticks.from, Math.min(query.ticks.to, newest)];
    const wanted = (signature: Signature): boolean =>
      covers(signature, query.components, query.without);
    const cut = placesOf(ledger, catalog, world, from, to).map((tick) => ({
      ...tick,
      tables: tick.tables.filter((table) => wanted(table.signature)),
    }));
    const schema = scanSchema(query);
    const names = new Set(query.columns.map(({ name }) => name));
    const columns = ({ signature }: { readonly signature: Signature }): Schema =>
      signature.row.slice(baseColumns.length).filter(({ name }) => names.has(name));
    for await (const { place, tables: read } of readTicks(cut, columns, tables)) {
      const frame = assembleTick(place, read, query, schema);
      if (frame.numRows > 0) yield frame;
    }
  }

  async *messages(
    id: WorldId,
    { from, to }: { readonly from: number; readonly to: number },
  ): AsyncGenerator<TickMessages> {
    this.#open();
    const { ledger, catalog } = this.#parts;
    yield* messagesIn(ledger, catalog, ledger.get(id), from, to);
  }

  async snapshot(id: WorldId, tick: number): Promise<Snapshot | undefined> {
    this.#open();
    const { ledger, catalog, tables } = this.#parts;
    return snapshotAt(ledger, catalog, ledger.get(id), tick, tables);
  }

  async worlds(): Promise<readonly StoredWorld[]> {
    this.#open();
    const { ledger, catalog } = this.#parts;
    return ledger.list().map((world) => storedWorld(ledger, catalog, world));
  }

  async destroy(lease: Lease): Promise<void> {
    this.#open();
    const { ledger, journal } = this.#parts;
    if (ledger.get(lease.world).destroyed && ledger.get(lease.world).epoch === lease.epoch) return;
    const world = ledger.writable(lease);
    await journal.append(encodeJson(recordKinds.destroyed, { world: lease.world }));
    ledger.destroyed(world.record.world);
  }

  /** Moves what is left into parts and ends the store. @throws `close_failed` naming everything that went wrong */
  close(): Promise<void> {
    this.#closing ??= this.#parts.close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): void {
    if (this.#closing !== undefined)
      throw new ArchetypeError('store_closed', 'The store is closed; open it again.');
  }
}

const leaseOf = ({ record, epoch }: LedgerWorld): Lease => ({
  world: record.world,
  run: record.run,
  epoch,
});
