import { ArchetypeError } from '../errors.ts';
import type { Frame } from '../frame/frame.ts';
import { shapesOf, covers, type TableId } from '../schema/signature.ts';
import type { Commit, TableCommit } from '../state/commit.ts';
import { noMessages } from '../state/message.ts';
import { UNSTARTED, type WorldId } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Snapshot, Table } from '../state/snapshot.ts';
import {
  piecesOf,
  type Lease,
  type LineagePiece,
  type WorldRecord,
} from '../state/world-record.ts';
import type { AuditQuery, AuditRecord } from '../state/audit.ts';
import type { CommandQuery, StoredCommand } from '../state/command.ts';
import type { QuotaRecord } from '../state/quota.ts';
import { assembleTick, scanSchema, type TickRows } from './assemble.ts';
import { checkAcceptance, checkSettled } from './check-acceptance.ts';
import { checkAuditQuery, checkCommandQuery, CommandBook } from './command-book.ts';
import { livingRows } from './living-rows.ts';
import { QuotaBook } from './quota-book.ts';
import { sameCommit } from './same-commit.ts';
import type { Acceptance, ScanQuery, Store, StoredWorld, TickMessages } from './store.ts';

/** One tick as kept: `sameAs` already resolved to the rows it names. */
interface KeptTick {
  readonly commit: Commit;
  readonly tables: ReadonlyMap<TableId, TickRows & { readonly since: number }>;
  readonly resources: Readonly<Record<string, Json>>;
}

interface KeptWorld {
  readonly record: WorldRecord;
  readonly ticks: Map<number, KeptTick>;
  newest: number;
  epoch: number;
  destroyed: boolean;
  /** Ticks that forks read; never thinned. */
  readonly pinned: Set<number>;
}

export interface MemoryStoreOptions {
  /** How many of a world's newest ticks to keep; all of them unless told. */
  readonly keep?: number;
}

/**
 * The reference store: columns in memory, gone with the process. Rows are shared with the world that committed them, so
 * a tick costs no copy. Long, because it keeps every promise of the port in one place, to be read as their reference.
 *
 * @example const worlds = new Worlds(new MemoryStore());
 */
export class MemoryStore implements Store {
  readonly #keep: number;
  readonly #worlds = new Map<WorldId, KeptWorld>();
  readonly #book = new CommandBook();
  readonly #quotas = new QuotaBook();
  #closed = false;

  constructor({ keep = Infinity }: MemoryStoreOptions = {}) {
    if (!(keep >= 1)) {
      throw new ArchetypeError(
        'invalid_argument',
        `A MemoryStore must keep at least 1 tick and was told ${keep}.`,
      );
    }
    this.#keep = keep;
  }

  async create(record: WorldRecord): Promise<Lease> {
    return this.#add(record, UNSTARTED);
  }

  async fork(record: WorldRecord): Promise<Lease> {
    const source = record.lineage.at(-1);
    if (source !== undefined) this.#tick(source.world, source.tick);
    const lease = this.#add(record, source?.tick ?? UNSTARTED);
    for (const piece of record.lineage) this.#worlds.get(piece.world)?.pinned.add(piece.tick);
    return lease;
  }

  async claim(
    world: WorldId,
  ): Promise<{ lease: Lease; record: StoredWorld; state: Snapshot | undefined }> {
    const kept = this.#world(world);
    if (kept.destroyed) throw destroyed(kept);
    kept.epoch++;
    const state = await this.snapshot(world, kept.newest);
    return { lease: leaseOf(kept), record: this.#stored(kept), state };
  }

  async append(commits: readonly Commit[]): Promise<void> {
    commits.forEach(checkSettled);
    for (const commit of commits) this.#append(commit);
  }

  #append(commit: Commit): void {
    const kept = this.#world(commit.lease.world);
    if (kept.destroyed) throw destroyed(kept);
    if (commit.lease.epoch !== kept.epoch) throw stale(kept);
    const present = kept.ticks.get(commit.tick);
    if (present !== undefined && sameCommit(present.commit, commit)) return;
    if (commit.tick !== kept.newest + 1) {
      throw new ArchetypeError(
        'tick_conflict',
        `World "${kept.record.name}" stands at tick ${kept.newest} and was given tick ${commit.tick}${present === undefined ? '' : ' with other content'}; the next tick is ${kept.newest + 1}.`,
      );
    }
    const before = kept.ticks.get(kept.newest);
    kept.ticks.set(commit.tick, {
      commit,
      tables: new Map(
        commit.tables.map((table) => [
          table.signature.table,
          this.#resolve(kept, commit.tick, table),
        ]),
      ),
      resources: { ...(before?.resources ?? kept.record.resources), ...commit.resources },
    });
    kept.newest = commit.tick;
    this.#book.committed(commit);
    const old = commit.tick - this.#keep;
    if (old >= 0 && !kept.pinned.has(old)) kept.ticks.delete(old);
  }

  #resolve(kept: KeptWorld, tick: number, table: TableCommit): TickRows & { since: number } {
    if ('rows' in table) return { ...table, since: tick };
    // The rows may be those of a tick already thinned; the newest tick holds them too.
    const newest = this.#find(kept, kept.newest)?.tables.get(table.signature.table);
    const named =
      newest?.since === table.sameAs
        ? newest
        : this.#find(kept, table.sameAs)?.tables.get(table.signature.table);
    if (named !== undefined)
      return { signature: table.signature, rows: named.rows, since: named.since };
    throw new ArchetypeError(
      'tick_conflict',
      `Tick ${tick} says that table ${table.signature.table} is as at tick ${table.sameAs}, which holds no such table; write its rows.`,
    );
  }

  async accept(acceptance: Acceptance): Promise<void> {
    this.#open();
    checkAcceptance(acceptance);
    this.#book.accepted(acceptance);
    this.#quotas.write(acceptance.quotas ?? []);
  }

  async commands(query: CommandQuery): Promise<readonly StoredCommand[]> {
    this.#open();
    checkCommandQuery(query);
    return this.#book.commands(query);
  }

  async audit(query: AuditQuery): Promise<readonly AuditRecord[]> {
    this.#open();
    checkAuditQuery(query);
    return this.#book.audit(query);
  }

  async quotas(): Promise<readonly QuotaRecord[]> {
    this.#open();
    return this.#quotas.list();
  }

  async *scan(query: ScanQuery): AsyncGenerator<Frame> {
    const kept = this.#world(query.world);
    const newest = kept.newest;
    const [from, to] =
      query.ticks === 'newest'
        ? [newest, newest]
        : [query.ticks.from, Math.min(query.ticks.to, newest)];
    // The cut: every tick is looked up before the first row is given.
    const cut = piecesOf(kept.record, from, to).flatMap((piece) => this.#cut(piece, from === to));
    const schema = scanSchema(query);
    for (const { place, kept: tick } of cut) {
      const tables = [...tick.tables.values()].filter(({ signature }) =>
        covers(signature, query.components, query.without),
      );
      const frame = assembleTick(place, tables, query, schema);
      if (frame.numRows > 0) yield frame;
    }
  }

  #cut(piece: LineagePiece & { readonly from: number }, single: boolean) {
    const owner = this.#world(piece.world);
    const cut = [];
    for (let tick = Math.max(piece.from, 0); tick <= Math.min(piece.tick, owner.newest); tick++) {
      const kept = owner.ticks.get(tick);
      if (kept !== undefined) {
        cut.push({ place: { world: piece.world, run: piece.run, tick }, kept });
      } else if (
        single &&
        (owner.record.lineage.length === 0 || tick > owner.record.lineage.at(-1)!.tick)
      ) {
        throw notRetained(owner, tick);
      }
    }
    return cut;
  }

  async *messages(
    world: WorldId,
    { from, to }: { readonly from: number; readonly to: number },
  ): AsyncGenerator<TickMessages> {
    const kept = this.#world(world);
    const ticks: TickMessages[] = [];
    for (let tick = Math.max(from, 0); tick <= Math.min(to, kept.newest); tick++) {
      const { messages, undelivered = [] } = this.#find(kept, tick)?.commit ?? {};
      if (messages !== undefined || undelivered.length > 0)
        ticks.push({ tick, messages, undelivered });
    }
    yield* ticks;
  }

  async snapshot(world: WorldId, tick: number): Promise<Snapshot | undefined> {
    const kept = this.#world(world);
    if (tick < 0 || tick > kept.newest) return undefined;
    const found = this.#find(kept, tick);
    if (found === undefined) throw notRetained(kept, tick);
    const tables = [...found.tables.values()]
      .map(({ signature, rows, since }): Table => livingRows(signature, rows, since))
      .filter((table) => table.frame.numRows > 0);
    return {
      tick,
      tables: new Map(tables.map((table) => [table.signature.table, table])),
      counters: found.commit.counters,
      messages: found.commit.messages ?? noMessages,
      // A fork begins with what its record says, its own overrides included.
      resources:
        kept.ticks.has(tick) || tick !== kept.record.lineage.at(-1)?.tick
          ? found.resources
          : kept.record.resources,
    };
  }

  async worlds(): Promise<readonly StoredWorld[]> {
    this.#open();
    return [...this.#worlds.values()].map((kept) => this.#stored(kept));
  }

  async destroy(lease: Lease): Promise<void> {
    const kept = this.#world(lease.world);
    if (lease.epoch !== kept.epoch) throw stale(kept);
    kept.destroyed = true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#worlds.clear();
  }

  #stored(kept: KeptWorld): StoredWorld {
    const tables = this.#find(kept, kept.newest)?.tables.values() ?? [];
    return {
      ...kept.record,
      newestTick: kept.newest,
      components: shapesOf([...tables].map(({ signature }) => signature)),
      destroyed: kept.destroyed,
    };
  }

  #add(record: WorldRecord, newest: number): Lease {
    this.#open();
    if (this.#worlds.has(record.world)) {
      throw new ArchetypeError(
        'world_exists',
        `This store already has a world ${record.world}; resume it, or mint another id.`,
      );
    }
    const kept: KeptWorld = {
      record,
      ticks: new Map(),
      newest,
      epoch: 1,
      destroyed: false,
      pinned: new Set(),
    };
    this.#worlds.set(record.world, kept);
    return leaseOf(kept);
  }

  /** A tick in the world's own run or in its past. */
  #find(kept: KeptWorld, tick: number): KeptTick | undefined {
    const [piece] = piecesOf(kept.record, tick, tick);
    return piece === undefined ? undefined : this.#worlds.get(piece.world)?.ticks.get(tick);
  }

  #tick(world: WorldId, tick: number): KeptTick {
    const kept = this.#world(world);
    const found = kept.ticks.get(tick);
    if (found !== undefined) return found;
    throw new ArchetypeError(
      'tick_not_found',
      `World "${kept.record.name}" has no tick ${tick} to fork from; it stands at tick ${kept.newest}.`,
    );
  }

  #world(world: WorldId): KeptWorld {
    this.#open();
    const kept = this.#worlds.get(world);
    if (kept !== undefined) return kept;
    throw new ArchetypeError(
      'world_not_found',
      `This store has no world ${world}; worlds() lists those it has.`,
    );
  }

  #open(): void {
    if (this.#closed)
      throw new ArchetypeError('store_closed', 'The store is closed; open a new one.');
  }
}

const leaseOf = (kept: KeptWorld): Lease => ({
  world: kept.record.world,
  run: kept.record.run,
  epoch: kept.epoch,
});

const destroyed = (kept: KeptWorld): ArchetypeError =>
  new ArchetypeError(
    'world_destroyed',
    `World "${kept.record.name}" was destroyed and takes no more ticks; its rows stay readable, and it can be forked.`,
  );

const stale = (kept: KeptWorld): ArchetypeError =>
  new ArchetypeError(
    'stale_writer',
    `World "${kept.record.name}" was resumed elsewhere, which took over writing; resume it again to write here.`,
  );

const notRetained = (kept: KeptWorld, tick: number): ArchetypeError =>
  new ArchetypeError(
    'tick_not_retained',
    `Tick ${tick} of world "${kept.record.name}" is no longer kept; read a newer tick, or keep more ticks.`,
  );
