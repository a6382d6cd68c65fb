import {
  ArchetypeError,
  type AuditQuery,
  type AuditRecord,
  type CommandQuery,
  type Commit,
  type Counters,
  type Json,
  type QuotaRecord,
  type Signature,
  type StoredCommand,
  type TickMessages,
  type WorldRecord,
} from '@archetype/core';
import { randomBytes } from 'node:crypto';
import { frameOfBytes } from '../codec/frame-codec.ts';
import { loadSignature, type StoredSignature } from '../codec/signature-codec.ts';
import type { StoredSpan } from '../spans/entity-order.ts';
import type { PartId } from '../table-store.ts';
import { applyBatch, type CatalogBatch, type ListedPart } from './catalog-batch.ts';
import { readAudit, readCommands, type Outcome } from './command-tables.ts';
import { Database } from './database.ts';
import {
  filesOf,
  forgetRetired,
  knownParts,
  partUses,
  placedIn,
  replaceParts,
  retiredParts,
  tableUses,
  unindexedPart,
  type PartUse,
  type PlacedRows,
  type TableUse,
} from './part-tables.ts';
import { readQuotas } from './quota-table.ts';
import {
  damagedTicks,
  dropWorld,
  retainedUpTo,
  thinTicks,
  type Thinning,
} from './retention-tables.ts';
import { CATALOG_FORMAT, migrations, schemaSql } from './schema-sql.ts';
import { runSpans, spansOf, spanTicks, type RunSpan } from './span-tables.ts';
import { loadInput } from './stored-input.ts';
import type { TablePlace } from './table-place.ts';

/** A world as the catalog has it. */
export interface CatalogWorld {
  readonly record: WorldRecord;
  readonly epoch: number;
  readonly destroyed: boolean;
  /** Last tick of its own run in the catalog, or -1. */
  readonly newest: number;
}

export interface CatalogOptions {
  /** The owner epoch under which this process writes; without it the catalog is only read. */
  readonly owner?: number;
}

/** A view of the journal in SQLite: what was flushed, and where. It can be lost only together with the parts. */
export class Catalog {
  readonly #database: Database;
  readonly #owner: number | undefined;
  readonly #signatures = new Map<string, Signature>();

  /** @throws `format_newer`, `storage_unavailable` */
  constructor(path: string, { owner }: CatalogOptions = {}) {
    this.#owner = owner;
    this.#database = new Database(path, { readOnly: owner === undefined });
    try {
      this.#prepare(path);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #prepare(path: string): void {
    const database = this.#database;
    if (this.#owner !== undefined)
      database.exec('pragma journal_mode = wal; pragma synchronous = full;');
    const [{ user_version: format }] = database.all('pragma user_version') as [
      { user_version: number },
    ];
    if (format > CATALOG_FORMAT) {
      throw new ArchetypeError(
        'format_newer',
        `The catalog ${path} has format ${format} and this version reads up to ${CATALOG_FORMAT}; upgrade to open the store.`,
      );
    }
    if (format === CATALOG_FORMAT) return;
    if (this.#owner === undefined) {
      throw new ArchetypeError(
        'storage_unavailable',
        `The catalog ${path} has format ${format} and this version reads ${CATALOG_FORMAT}; open the store once for writing, which brings it up to date.`,
      );
    }
    if (format === 0) this.#create();
    else this.#migrate(format);
  }

  #create(): void {
    const database = this.#database;
    database.transaction(() => {
      database.exec(schemaSql);
      database.run('insert into meta values (?, ?)', 'store_id', randomBytes(16).toString('hex'));
      database.run('insert into meta values (?, ?)', 'applied_sequence', '0');
      database.exec(`pragma user_version = ${CATALOG_FORMAT}`);
    });
  }

  #migrate(from: number): void {
    for (let format = from; format < CATALOG_FORMAT; format++) {
      this.#database.transaction(() => {
        this.#database.exec(migrations[format]!);
        this.#database.exec(`pragma user_version = ${format + 1}`);
      });
    }
  }

  /** From here on, no older owner changes the catalog. */
  own(): void {
    this.#database.run(
      "insert into meta values ('owner_epoch', ?) on conflict (key) do update set value = excluded.value",
      String(this.#owner),
    );
  }

  /** What the work reads is of one moment, whatever others write. */
  snapshot<T>(work: () => T): T {
    return this.#database.snapshot(work);
  }

  /** What ticks of a run say of messages; those that say nothing are left out. */
  messages(run: string, from: number, to: number): readonly TickMessages[] {
    const rows = this.#all(
      'select tick, messages, undelivered from ticks where run = ? and tick between ? and ? and (messages is not null or undelivered is not null) order by tick',
      run,
      from,
      to,
    ) as { tick: number; messages: Uint8Array | null; undelivered: string | null }[];
    return rows.map(({ tick, messages, undelivered }) => ({
      tick,
      messages: messages === null ? undefined : frameOfBytes(messages),
      undelivered: undelivered === null ? [] : (JSON.parse(undelivered) as number[]),
    }));
  }

  /** 16 bytes. */
  get storeId(): Uint8Array {
    return Buffer.from(this.storeName, 'hex');
  }

  /** The same, hexadecimal. */
  get storeName(): string {
    return this.#meta('store_id')!;
  }

  /** Counts changes. */
  get revision(): number {
    return Number(this.#meta('revision') ?? 0);
  }

  /** A copy of one moment, as a file of its own. */
  copyTo(path: string): void {
    this.#database.run('vacuum into ?', path);
  }

  /** Parts stay where the first of them went; undefined is beside the catalog. @throws `storage_unavailable` */
  keepPartsAt(remote: string | undefined): void {
    const place = remote ?? '';
    const known = this.#meta('parts') ?? (this.partUses().length > 0 ? '' : place);
    if (known !== place) {
      throw new ArchetypeError(
        'storage_unavailable',
        `The store was begun with its parts ${known === '' ? 'in its own directory' : `at ${known}`} and is opened with them ${place === '' ? 'in its own directory' : `at ${place}`}; open it as it was begun, or give it another directory.`,
      );
    }
    this.#database.run("insert into meta values ('parts', ?) on conflict (key) do nothing", place);
  }

  /** Every record of the journal up to this one is in the catalog. */
  get appliedSequence(): number {
    return Number(this.#meta('applied_sequence'));
  }

  worlds(): readonly CatalogWorld[] {
    const rows = this.#all(
      `select record, epoch, destroyed, (select max(tick) from ticks where ticks.run = worlds.run) as newest
       from worlds order by position`,
    ) as { record: string; epoch: number; destroyed: number; newest: number | null }[];
    return rows.map(({ record, epoch, destroyed, newest }) => ({
      record: JSON.parse(record) as WorldRecord,
      epoch,
      destroyed: destroyed === 1,
      newest: newest ?? -1,
    }));
  }

  /** Ticks that a world's run has no record of, though it has a later one: a damaged journal lost them. */
  missingTicks({ run, lineage }: WorldRecord, retained: number): readonly number[] {
    const first = Math.max(lineage.at(-1)?.tick ?? -1, retained) + 1;
    const known = damagedTicks(this.#database, run);
    const [row] = this.#all(
      'select count(*) as count, max(tick) as newest from ticks where run = ? and tick >= ?',
      run,
      first,
    ) as [{ count: number; newest: number | null }];
    if (row.newest === null || row.count === row.newest - first + 1) return known;
    const present = new Set(this.ticks(run, first, row.newest));
    const missing = [...known];
    for (let tick = first; tick < row.newest; tick++) if (!present.has(tick)) missing.push(tick);
    return missing;
  }

  /** Ticks of a run that are in the catalog, ascending. */
  ticks(run: string, from: number, to: number): readonly number[] {
    const ticks = this.#all(
      'select tick from ticks where run = ? and tick between ? and ? order by tick',
      run,
      from,
      Math.min(to, Number.MAX_SAFE_INTEGER),
    ) as { tick: number }[];
    return ticks.map(({ tick }) => tick);
  }

  /** Up to which tick each run was thinned. */
  retained(): ReadonlyMap<string, number> {
    return retainedUpTo(this.#database);
  }

  signature(schema: string): Signature {
    let signature = this.#signatures.get(schema);
    if (signature === undefined) {
      const [row] = this.#all('select definition from schemas where schema = ?', schema) as {
        definition: string;
      }[];
      signature = loadSignature(JSON.parse(row!.definition) as StoredSignature);
      this.#signatures.set(schema, signature);
    }
    return signature;
  }

  /** The tables of a run's ticks, in ascending tick. */
  places(run: string, from: number, to: number): readonly TablePlace[] {
    const rows = this.#all(
      'select tick, schema, part, "offset", rows, coalesce(span, rows) as span, same_as from places where run = ? and tick between ? and ? order by tick, table_id',
      run,
      from,
      Math.min(to, Number.MAX_SAFE_INTEGER),
    ) as {
      tick: number;
      schema: string;
      part: string | null;
      offset: number;
      rows: number;
      span: number;
      same_as: number | null;
    }[];
    return rows.map(({ tick, schema, part, offset, rows: count, span, same_as: sameAs }) => ({
      tick,
      signature: this.signature(schema),
      at: part === null ? { sameAs: sameAs! } : { span: { part, offset, rows: span }, rows: count },
    }));
  }

  counters(run: string, tick: number): Counters | undefined {
    const [row] = this.#all(
      'select next_entity, next_message from ticks where run = ? and tick = ?',
      run,
      tick,
    ) as {
      next_entity: number;
      next_message: number;
    }[];
    return row === undefined
      ? undefined
      : { nextEntity: row.next_entity, nextMessage: row.next_message };
  }

  /** What a tick says beside its tables. */
  tick(run: string, tick: number): Omit<Commit, 'lease' | 'tick' | 'tables'> | undefined {
    const [row] = this.#all(
      'select input, settled from ticks where run = ? and tick = ?',
      run,
      tick,
    ) as { input: string | Uint8Array | null; settled: string | null }[];
    const counters = this.counters(run, tick);
    if (row === undefined || counters === undefined) return undefined;
    const changed = this.#all(
      'select name, value from resources where run = ? and tick = ?',
      run,
      tick,
    ) as {
      name: string;
      value: string;
    }[];
    const [said] = this.messages(run, tick, tick);
    return {
      counters,
      ...(said?.messages !== undefined && { messages: said.messages }),
      ...(said !== undefined && said.undelivered.length > 0 && { undelivered: said.undelivered }),
      ...(row.input !== null && { input: loadInput(row.input) }),
      settled: row.settled === null ? [] : (JSON.parse(row.settled) as Commit['settled']),
      resources: Object.fromEntries(
        changed.map(({ name, value }) => [name, JSON.parse(value) as Json]),
      ),
    };
  }

  /** Data resources that changed in a run up to a tick, later ones in place of earlier ones. */
  resources(run: string, tick: number): Readonly<Record<string, Json>> {
    const rows = this.#all(
      'select name, value from resources where run = ? and tick <= ? order by tick',
      run,
      tick,
    ) as {
      name: string;
      value: string;
    }[];
    return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as Json]));
  }

  /** `later` knows the ends that are not in the catalog yet. */
  commands(
    query: CommandQuery,
    later: (id: string) => Outcome | undefined,
  ): readonly StoredCommand[] {
    return readCommands(this.#database, query, later);
  }

  audit(query: AuditQuery): readonly AuditRecord[] {
    return readAudit(this.#database, query);
  }

  /** Those that stand of all that was flushed. */
  quotas(): readonly QuotaRecord[] {
    return readQuotas(this.#database);
  }

  /** Parts that must not be removed: listed, or retired and perhaps still read. */
  knownParts(): ReadonlySet<PartId> {
    return knownParts(this.#database);
  }

  /** Rows of a listed part. */
  rowsOf(part: PartId): number | undefined {
    const [row] = this.#all('select rows from parts where part = ?', part) as { rows: number }[];
    return row?.rows;
  }

  /** Whether every row of a part is one of a living entity, as far as is known. */
  allActive(part: PartId): boolean {
    return this.#all('select 1 from parts where part = ? and inactive = 0', part).length > 0;
  }

  /** Where a run's rows of some ticks are, span by span, in ascending first tick. */
  runSpans(run: string, from: number, to: number, thinned: boolean): readonly RunSpan[] {
    return runSpans(this.#database, run, from, Math.min(to, Number.MAX_SAFE_INTEGER), thinned);
  }

  spanTicks(run: string, part: PartId, offset: number): readonly number[] {
    return spanTicks(this.#database, run, part, offset);
  }

  spansOf(part: PartId): readonly StoredSpan[] {
    return spansOf(this.#database, part);
  }

  partUses(): readonly PartUse[] {
    return partUses(this.#database);
  }

  tableUses(): readonly TableUse[] {
    return tableUses(this.#database);
  }

  partFiles(): ReturnType<typeof filesOf> {
    return filesOf(this.#database);
  }

  placedIn(parts: readonly PartId[]): readonly PlacedRows[] {
    return placedIn(this.#database, parts);
  }

  /** Bytes of all listed parts. */
  bytes(): number {
    const [row] = this.#all('select coalesce(sum(bytes), 0) as bytes from parts') as [
      { bytes: number },
    ];
    return row.bytes;
  }

  apply(batch: CatalogBatch): void {
    this.#write(() => applyBatch(this.#database, batch));
  }

  replaceParts(
    old: readonly PartId[],
    merged: ListedPart | undefined,
    moves: readonly PlacedRows[],
    now: number,
  ): void {
    this.#write(() => replaceParts(this.#database, old, merged, moves, now));
  }

  unindexed(rows: number): PartId | undefined {
    return unindexedPart(this.#database, rows);
  }

  retired(now: number, grace: number): readonly PartId[] {
    return this.#write(() => retiredParts(this.#database, now, grace));
  }

  forgetRetired(parts: readonly PartId[]): void {
    this.#write(() => forgetRetired(this.#database, parts));
  }

  thin(thinning: Thinning): number {
    return this.#write(() => thinTicks(this.#database, thinning));
  }

  dropWorld(world: string, run: string): void {
    this.#write(() => dropWorld(this.#database, world, run));
  }

  /** @throws `stale_writer` when another process took the store over */
  confirmOwner(): void {
    const owner = this.#meta('owner_epoch');
    if (owner === undefined || Number(owner) === this.#owner) return;
    throw new ArchetypeError(
      'stale_writer',
      'The store was taken over by another process; nothing more can be written here.',
    );
  }

  close(): void {
    this.#database.close();
  }

  /** One transaction, unless another process owns the store by now. @throws `stale_writer` */
  #write<T>(work: () => T): T {
    return this.#database.transaction(() => {
      this.confirmOwner();
      const before = this.#changes();
      const result = work();
      if (this.#changes() !== before) {
        this.#database.run(
          "insert into meta values ('revision', '1') on conflict (key) do update set value = value + 1",
        );
      }
      return result;
    });
  }

  /** Rows changed through this connection so far. */
  #changes(): number {
    const [row] = this.#all('select total_changes() as count') as [{ count: number }];
    return row.count;
  }

  #meta(key: string): string | undefined {
    const [row] = this.#all('select value from meta where key = ?', key) as { value: string }[];
    return row?.value;
  }

  #all(sql: string, ...values: readonly (string | number)[]): unknown[] {
    return this.#database.all(sql, ...values);
  }
}
