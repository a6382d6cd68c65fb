import {
  ArchetypeError,
  checkAcceptance,
  checkSettled,
  makeMemoryReady,
  sameCommit,
  type Acceptance,
  type AuditQuery,
  type AuditRecord,
  type CommandQuery,
  type Commit,
  type Frame,
  type Lease,
  type QuotaRecord,
  type ScanQuery,
  type Snapshot,
  type Store,
  type StoredCommand,
  type StoredWorld,
  type TickMessages,
  type WorldId,
  type WorldRecord,
} from '@archetype/core';
import { encodeCommit } from '../codec/commit-codec.ts';
import { encodeJson } from '../codec/json-record.ts';
import { recordKinds } from '../codec/record-kind.ts';
import { storeSignature } from '../codec/signature-codec.ts';
import type { Journal } from '../journal/journal.ts';
import type { TableUse } from '../catalog/part-tables.ts';
import type { StorageWorker } from '../worker/storage-worker.ts';
import type { FlushSchedule } from './flush-schedule.ts';
import { healthOf, type StoreHealth } from './health.ts';
import { destroyed, type LedgerWorld } from './ledger.ts';
import { holdsTable } from './places.ts';
import { Reads } from './reads.ts';
import { checkRetention, type RetentionPolicy } from './store-settings.ts';
import { storedCommit } from './stored-commit.ts';
import { storedWorld } from './stored-world.ts';
import { UnderWay } from './under-way.ts';
import type { Upkeep } from './upkeep.ts';
import { verify, type Verification } from './verify.ts';
import type { View } from './view.ts';

/** What an open store is made of. */
export interface StoreParts extends View {
  readonly journal: Journal;
  readonly flushes: FlushSchedule;
  readonly worker: StorageWorker;
  readonly upkeep: Upkeep;
  /** Ends everything, in order; called once. */
  readonly close: () => Promise<void>;
}

/**
 * The durable store: the journal acknowledges, memory and parts answer. Made by `openDurableStore`. Long, because it is a port
 * with a method for each question: what they do is in `reads`, `ledger`, `flush-schedule` and `upkeep`.
 */
export class DurableStore implements Store {
  readonly #parts: StoreParts;
  readonly #reads: Reads;
  /** Schemas written to the segment that records go to now. */
  readonly #written = new Set<string>();
  #segment: string | undefined;
  #generation = 0;
  #closing: Promise<void> | undefined;
  /** What was handed to the journal and is not answered yet: closing waits for it. */
  readonly #underWay = new UnderWay();

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#reads = new Reads(async () => {
      this.#open();
      return parts;
    });
  }

  async create(record: WorldRecord): Promise<Lease> {
    return this.#begin(recordKinds.created, record);
  }

  async fork(record: WorldRecord): Promise<Lease> {
    this.#open();
    const source = record.lineage.at(-1);
    return this.#parts.upkeep.forking(source, () => {
      if (source !== undefined) this.#checkTick(source.world, source.tick);
      return this.#begin(recordKinds.forked, record);
    });
  }

  #checkTick(id: WorldId, tick: number): void {
    const { ledger, catalog } = this.#parts;
    const world = ledger.get(id);
    const { name } = world.record;
    if (tick > world.newest) {
      throw new ArchetypeError(
        'tick_not_found',
        `World "${name}" has no tick ${tick} to fork from; it stands at tick ${world.newest}.`,
      );
    }
    if (tick <= world.retained && catalog.ticks(world.record.run, tick, tick).length === 0) {
      throw new ArchetypeError(
        'tick_not_retained',
        `Tick ${tick} of world "${name}" was thinned out by retention; fork from one that was kept.`,
      );
    }
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
    commits.forEach(checkSettled);
    this.#parts.flushes.admit();
    const [first] = commits;
    this.#underWay.begin();
    try {
      if (commits.length === 1) await this.#append(first!);
      else await Promise.all(commits.map((commit) => this.#append(commit)));
    } finally {
      this.#underWay.end();
    }
    const room = this.#parts.flushes.room();
    if (room !== undefined) await room;
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
    // By then the disk has been given its work, unless it has other work already: no tick waits for it.
    setImmediate(makeMemoryReady);
    let segment: string;
    try {
      segment = await journal.append(record);
    } catch (error) {
      world.pending = world.newest;
      throw error;
    }
    ledger.committed(commit, segment);
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
    if (journal.segment !== this.#segment || flushes.generation !== this.#generation)
      this.#written.clear();
    this.#segment = journal.segment;
    this.#generation = flushes.generation;
    for (const { signature } of commit.tables) {
      if (this.#written.has(signature.schema)) continue;
      this.#written.add(signature.schema);
      journal
        .append(encodeJson(recordKinds.schema, storeSignature(signature)))
        .catch(() => this.#written.clear());
    }
  }

  async accept(acceptance: Acceptance): Promise<void> {
    this.#open();
    const { ledger, journal, flushes } = this.#parts;
    checkAcceptance(acceptance);
    flushes.admit();
    const record = encodeJson(recordKinds.accepted, acceptance);
    this.#underWay.begin();
    try {
      const segment = await journal.append(record);
      ledger.accepted(acceptance, segment);
      flushes.appended(0, record.body[0]!.byteLength);
    } finally {
      this.#underWay.end();
    }
    const room = flushes.room();
    if (room !== undefined) await room;
  }

  commands(query: CommandQuery): Promise<readonly StoredCommand[]> {
    return this.#reads.commands(query);
  }

  audit(query: AuditQuery): Promise<readonly AuditRecord[]> {
    return this.#reads.audit(query);
  }

  quotas(): Promise<readonly QuotaRecord[]> {
    return this.#reads.quotas();
  }

  scan(query: ScanQuery): AsyncGenerator<Frame> {
    return this.#reads.scan(query);
  }

  messages(
    id: WorldId,
    ticks: { readonly from: number; readonly to: number },
  ): AsyncGenerator<TickMessages> {
    return this.#reads.messages(id, ticks);
  }

  snapshot(id: WorldId, tick: number): Promise<Snapshot | undefined> {
    return this.#reads.snapshot(id, tick);
  }

  worlds(): Promise<readonly StoredWorld[]> {
    return this.#reads.worlds();
  }

  /** How the store is doing: what waits, what failed, what was found damaged. */
  health(): StoreHealth {
    this.#open();
    return healthOf(this.#parts);
  }

  /** Bytes per world, run and table, in order of creation. What is not in parts yet is in `health().waitingBytes`. */
  du(): Promise<readonly TableUse[]> {
    return this.#reads.uses();
  }

  /** Moves everything committed so far into parts, and does what is due then. @throws `flush_failed` */
  async flush(): Promise<void> {
    this.#open();
    const { flushes, upkeep } = this.#parts;
    await flushes.flushAll();
    const ahead = (): boolean => flushes.ahead;
    await upkeep.run(ahead, ahead);
  }

  /** Flushes, merges parts as far as they go, and leaves rows out that no tick has. @throws `flush_failed` */
  async compact(): Promise<void> {
    await this.flush();
    await this.#parts.upkeep.compact();
  }

  /**
   * Thins the past of a world: of ticks further back than `olderThan` from its newest, only multiples of `every` and those
   * at which forks begin stay; the others are `tick_not_retained`. Returns how many went.
   *
   * @throws `world_not_found`, `invalid_argument`
   */
  async retain(id: WorldId, policy: RetentionPolicy): Promise<number> {
    this.#open();
    checkRetention(policy);
    this.#parts.ledger.get(id);
    await this.flush();
    return this.#parts.upkeep.thin(id, policy);
  }

  /**
   * Takes a destroyed world's rows out of the store, for good; audit rows stay.
   *
   * @throws `world_in_use` when it is not destroyed, or naming the forks that read it; `world_not_found`
   */
  async drop(id: WorldId): Promise<void> {
    this.#open();
    this.#parts.ledger.get(id);
    await this.flush();
    await this.#parts.upkeep.drop(id);
  }

  /** Holds every part against what was written: files, digests, rows. Reads everything, in the storage thread. */
  async verify(): Promise<Verification> {
    await this.flush();
    return verify(this.#parts);
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
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#underWay.idle();
    await this.#parts.close();
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
