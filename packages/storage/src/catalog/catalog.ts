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
import { loadSignature, type StoredSignature } from '../codec/signature-codec.ts';
import type { StoredSpan } from '../spans/entity-order.ts';
import type { PartId } from '../table-store.ts';
import { applyBatch, type CatalogBatch, type ListedPart } from './catalog-batch.ts';
import { prepareCatalog } from './catalog-format.ts';
import { earlyEnd, readAudit, readCommands, type Outcome } from './command-tables.ts';
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
import { dropWorld, retainedUpTo, thinTicks, type Thinning } from './retention-tables.ts';
import { runSpans, spansOf, spanTicks, type RunSpan } from './span-tables.ts';
import { placesOf, type TablePlace } from './table-place.ts';
import {
  countersOf,
  messagesOf,
  missingTicks,
  resourcesOf,
  sayingsOf,
  ticksOf,
} from './tick-tables.ts';
import { readWorlds, type CatalogWorld } from './world-table.ts';

export interface CatalogOptions {
  /** The owner epoch under which this process writes; without it the catalog is only read. */
  readonly owner?: number;
}

/**
 * A view of the journal in SQLite: what was flushed, and where. It can be lost only together with the parts. One door with a
 * method for each question and each change; what they ask of the tables is said in a file for each kind of them.
 */
export class Catalog {
  readonly #database: Database;
  readonly #owner: number | undefined;
  readonly #signatures = new Map<string, Signature>();

  /** @throws `format_newer`, `storage_unavailable` */
  constructor(path: string, { owner }: CatalogOptions = {}) {
    this.#owner = owner;
    this.#database = new Database(path, { readOnly: owner === undefined });
    try {
      prepareCatalog(this.#database, { path, readOnly: owner === undefined });
    } catch (error) {
      this.#database.close();
      throw error;
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
    return messagesOf(this.#database, run, from, to);
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
    return readWorlds(this.#database);
  }

  /** Ticks that a world's run has no record of, though it has a later one: a damaged journal lost them. */
  missingTicks(record: WorldRecord, retained: number): readonly number[] {
    return missingTicks(this.#database, record, retained);
  }

  /** Ticks of a run that are in the catalog, ascending. */
  ticks(run: string, from: number, to: number): readonly number[] {
    return ticksOf(this.#database, run, from, to);
  }

  /** Up to which tick each run was thinned. */
  retained(): ReadonlyMap<string, number> {
    return retainedUpTo(this.#database);
  }

  /** The columns of a table that has rows in the catalog. */
  signature(schema: string): Signature {
    return this.knownSignature(schema)!;
  }

  /** The same, or undefined when the catalog never heard of the schema. */
  knownSignature(schema: string): Signature | undefined {
    const known = this.#signatures.get(schema);
    if (known !== undefined) return known;
    const [row] = this.#all('select definition from schemas where schema = ?', schema) as {
      definition: string;
    }[];
    if (row === undefined) return undefined;
    const signature = loadSignature(JSON.parse(row.definition) as StoredSignature);
    this.#signatures.set(schema, signature);
    return signature;
  }

  hasWorld(world: string): boolean {
    return this.#all('select 1 from worlds where world = ?', world).length > 0;
  }

  /** The tables of a run's ticks, in ascending tick. */
  places(run: string, from: number, to: number): readonly TablePlace[] {
    return placesOf(this.#database, run, from, to, (schema) => this.signature(schema));
  }

  counters(run: string, tick: number): Counters | undefined {
    return countersOf(this.#database, run, tick);
  }

  /** What a tick says beside its tables. */
  tick(run: string, tick: number): Omit<Commit, 'lease' | 'tick' | 'tables'> | undefined {
    return sayingsOf(this.#database, run, tick);
  }

  /** Data resources that changed in a run up to a tick, later ones in place of earlier ones. */
  resources(run: string, tick: number): Readonly<Record<string, Json>> {
    return resourcesOf(this.#database, run, tick);
  }

  /** `later` knows the ends that are not in the catalog yet. */
  commands(
    query: CommandQuery,
    later: (id: string) => Outcome | undefined,
  ): readonly StoredCommand[] {
    return readCommands(this.#database, query, later);
  }

  /** The end of a command that is not in the catalog yet. */
  earlyEnd(id: string): Outcome | undefined {
    return earlyEnd(this.#database, id);
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
