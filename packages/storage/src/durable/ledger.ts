import {
  ArchetypeError,
  CommandBook,
  QuotaBook,
  UNSTARTED,
  type Acceptance,
  type Commit,
  type Lease,
  type RunId,
  type TableId,
  type WorldId,
  type WorldRecord,
} from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import { isRecovered } from '../codec/recovered-world.ts';

/** What is known of a world without reading its rows. */
export interface LedgerWorld {
  readonly record: WorldRecord;
  epoch: number;
  destroyed: boolean;
  /** Last acknowledged tick, in its own run or its past. */
  newest: number;
  /** Last tick handed to the journal; ahead of `newest` while appends are under way. */
  pending: number;
  /** Ticks of its own run up to this one are in parts. */
  flushed: number;
  /** Ticks of its own run up to this one were thinned: those that are not in the catalog are no longer kept. */
  retained: number;
  /**
   * Ticks that are in memory: all that are not flushed, and the newest. Their columns are the world's own, or views of a
   * segment.
   */
  readonly tail: Map<number, Commit>;
  /** Ticks that a damaged journal lost. */
  readonly damaged: Set<number>;
  /** The tick that a table was last named as unchanged since; it is known to hold the table. */
  readonly unchanged: Map<TableId, number>;
}

/** The store's state as the journal tells it: records are applied in order, on replay and after each append alike. */
export class Ledger {
  readonly #worlds = new Map<WorldId, LedgerWorld>();
  readonly #runs = new Map<RunId, LedgerWorld>();
  /** Commands and audit rows of each segment that is not in the catalog yet. */
  readonly #books = new Map<string, CommandBook>();
  /** Those that stand, in the catalog or not: a catalog that has newer ones must not be mixed with this ledger. */
  readonly quotas = new QuotaBook();

  load(catalog: Catalog): void {
    const retained = catalog.retained();
    this.quotas.write(catalog.quotas());
    for (const { record, epoch, destroyed, newest } of catalog.worlds()) {
      const world = this.created(record);
      world.epoch = epoch;
      world.destroyed = destroyed;
      world.newest = world.pending = Math.max(world.newest, newest);
      world.flushed = newest;
      world.retained = retained.get(record.run) ?? UNSTARTED;
      for (const tick of catalog.missingTicks(record, world.retained)) world.damaged.add(tick);
    }
  }

  /** A world created or forked. */
  created(record: WorldRecord): LedgerWorld {
    const start = record.lineage.at(-1)?.tick ?? UNSTARTED;
    const world: LedgerWorld = {
      record,
      epoch: 1,
      destroyed: false,
      newest: start,
      pending: start,
      flushed: UNSTARTED,
      retained: UNSTARTED,
      tail: new Map(),
      damaged: new Set(),
      unchanged: new Map(),
    };
    this.#worlds.set(record.world, world);
    this.#runs.set(record.run, world);
    this.#loseEnds(record);
    return world;
  }

  /**
   * A fork proves that the worlds of its past had their ticks: where one ends before, those up to there are lost, and not
   * given again.
   */
  #loseEnds({ lineage }: WorldRecord): void {
    for (const past of lineage) {
      const source = this.#worlds.get(past.world);
      if (source === undefined) continue;
      for (let tick = source.newest + 1; tick <= past.tick; tick++) source.damaged.add(tick);
      source.newest = Math.max(source.newest, past.tick);
      source.pending = Math.max(source.pending, source.newest);
    }
  }

  claimed(world: WorldId, epoch: number): void {
    this.get(world).epoch = epoch;
  }

  destroyed(world: WorldId): void {
    this.get(world).destroyed = true;
  }

  accepted(acceptance: Acceptance, segment: string): void {
    this.#book(segment).accepted(acceptance);
    this.quotas.write(acceptance.quotas ?? []);
  }

  /** Books in the order in which they came. */
  get books(): Iterable<CommandBook> {
    return this.#books.values();
  }

  #book(segment: string): CommandBook {
    let book = this.#books.get(segment);
    if (book === undefined) this.#books.set(segment, (book = new CommandBook()));
    return book;
  }

  /** What a segment said is in the catalog now. */
  applied(segment: string): void {
    this.#books.delete(segment);
  }

  dropped(world: WorldId): void {
    const run = this.#worlds.get(world)?.record.run;
    if (run !== undefined) this.#runs.delete(run);
    this.#worlds.delete(world);
  }

  committed(commit: Commit, segment: string): void {
    if (commit.settled.length > 0) this.#book(segment).committed(commit);
    const world = this.get(commit.lease.world);
    // A gap behind what was thinned is left only by a damaged journal.
    for (let tick = Math.max(world.newest, world.retained) + 1; tick < commit.tick; tick++)
      world.damaged.add(tick);
    world.damaged.delete(commit.tick);
    world.tail.set(commit.tick, commit);
    if (world.newest <= world.flushed) world.tail.delete(world.newest);
    world.newest = commit.tick;
    world.pending = Math.max(world.pending, commit.tick);
  }

  /** A tick that cannot be read. Where it is the last, the world goes on from the one before. */
  lost(world: WorldId, tick: number): void {
    this.get(world).damaged.add(tick);
  }

  /** Ticks up to `tick` are in parts now; the newest stays in memory, where most reads go. */
  flushed(run: string, tick: number): void {
    const world = this.#runs.get(run);
    if (world === undefined) return;
    for (let old = world.flushed; old <= tick; old++)
      if (old !== world.newest) world.tail.delete(old);
    world.flushed = Math.max(world.flushed, tick);
  }

  has(world: WorldId): boolean {
    return this.#worlds.has(world);
  }

  /** @throws `world_not_found` */
  get(world: WorldId): LedgerWorld {
    const found = this.#worlds.get(world);
    if (found !== undefined) return found;
    throw new ArchetypeError(
      'world_not_found',
      `This store has no world ${world}; worlds() lists those it has.`,
    );
  }

  /** The world, if the lease may write it. @throws `world_destroyed`, `stale_writer` */
  writable(lease: Lease): LedgerWorld {
    const world = this.get(lease.world);
    if (world.destroyed) throw destroyed(world);
    if (lease.epoch === world.epoch) return world;
    throw new ArchetypeError(
      'stale_writer',
      `World "${world.record.name}" was resumed elsewhere, which took over writing; resume it again to write here.`,
    );
  }

  list(): readonly LedgerWorld[] {
    return [...this.#worlds.values()];
  }
}

export const destroyed = ({ record }: LedgerWorld): ArchetypeError =>
  new ArchetypeError(
    'world_destroyed',
    isRecovered(record)
      ? `The record of world "${record.name}" is damaged, and with it its seed: it takes no more ticks; those that it has can be read.`
      : `World "${record.name}" was destroyed and takes no more ticks; its rows stay readable, and it can be forked.`,
  );
