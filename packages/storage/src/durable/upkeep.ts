import { ArchetypeError, type LineagePiece, type WorldId } from '@archetype/core';
import type { NamedRows } from '../catalog/retention-tables.ts';
import type { StorageWorker } from '../worker/storage-worker.ts';
import type { Ledger, LedgerWorld } from './ledger.ts';
import type { OpenCuts } from './open-cuts.ts';
import type { RetentionPolicy } from './store-settings.ts';

const LIMITS = { fanIn: 8, tiered: true, maxRows: 8_000_000, minLive: 0.5 };
/** Everything that can be merged, whatever it gains. */
const COMPACT = { fanIn: 2, tiered: false, maxRows: 8_000_000, minLive: 1 };

interface UpkeepSettings {
  /** How long replaced parts stay for readers in other processes. */
  readonly graceMs: number;
  readonly retention?: RetentionPolicy;
  /** Whether other machines read the store at what is published. */
  readonly publishes: boolean;
}

/** Keeps parts few, large and free of rows that nobody can read; all work is done in the storage thread. */
export class Upkeep {
  readonly #ledger: Ledger;
  readonly #worker: StorageWorker;
  readonly #cuts: OpenCuts;
  readonly #graceMs: number;
  readonly #retention: RetentionPolicy | undefined;
  readonly #publishes: boolean;
  /** Where forks begin that are being written down. */
  readonly #forking = new Set<LineagePiece>();
  #thinning: Promise<unknown> = Promise.resolve();

  constructor(
    ledger: Ledger,
    worker: StorageWorker,
    cuts: OpenCuts,
    { graceMs, retention, publishes }: UpkeepSettings,
  ) {
    this.#ledger = ledger;
    this.#worker = worker;
    this.#cuts = cuts;
    this.#graceMs = graceMs;
    this.#retention = retention;
    this.#publishes = publishes;
  }

  /** Keeps the tick that a fork begins at while the fork is written down. */
  async forking<T>(at: LineagePiece | undefined, write: () => Promise<T>): Promise<T> {
    if (at === undefined) return write();
    this.#forking.add(at);
    try {
      await this.#thinning;
      return await write();
    } finally {
      this.#forking.delete(at);
    }
  }

  /**
   * What is due after a flush; what can wait does while there is no time. `again` says that this is called once more, or that
   * the store closes: then one group is merged and not all, since ticks that go on coming would put off all that is behind it.
   * `merged` is told how many parts still wait to be merged.
   */
  async run(
    hurry: () => boolean,
    again: () => boolean,
    merged: (waiting: number) => void = () => undefined,
  ): Promise<void> {
    await this.#publish();
    await this.#thinAll();
    let waiting: number;
    do {
      waiting = await this.#worker.ask('merge', LIMITS);
      merged(waiting);
    } while (waiting > 0 && !again());
    while (!hurry() && (await this.#worker.ask('index', undefined)));
    await this.sweep();
  }

  /** What is due before the store closes: what takes no time. */
  async end(): Promise<void> {
    if (this.#retention !== undefined) {
      await this.#thinAll();
      await this.sweep();
    }
    await this.#publish();
  }

  /** Shows other machines what changed. */
  async #publish(): Promise<void> {
    if (this.#publishes) await this.#worker.ask('publish', undefined);
  }

  async #thinAll(): Promise<void> {
    if (this.#retention === undefined) return;
    for (const { record } of this.#ledger.list()) {
      // It may be dropped while others are thinned.
      if (this.#ledger.has(record.world)) await this.thin(record.world, this.#retention);
    }
  }

  async compact(): Promise<void> {
    while ((await this.#worker.ask('merge', COMPACT)) > 0);
    await this.sweep();
  }

  /** Removes parts that were replaced long enough ago. */
  async sweep(): Promise<void> {
    await this.#worker.ask('sweep', { graceMs: this.#graceMs, pinned: this.#cuts.parts });
  }

  /**
   * Returns how many ticks went. Only ticks that are in parts are thinned, and the last of those stays: the catalog shows
   * by it where the journal goes on.
   */
  async thin(id: WorldId, { olderThan, every }: RetentionPolicy): Promise<number> {
    const world = this.#ledger.get(id);
    const upTo = Math.min(world.newest - olderThan - 1, world.flushed - 1);
    if (upTo < 0) return 0;
    // From here on, a tick that is not in the catalog is one that was thinned, not an empty one.
    world.retained = Math.max(world.retained, upTo);
    const readers = this.#readersOf(world);
    const forkedAt = [...readers.flatMap(({ record }) => record.lineage), ...this.#forking];
    const thinning = this.#worker.ask('thin', {
      run: world.record.run,
      readers: readers.map(({ record }) => record.run),
      upTo,
      every,
      pinned: forkedAt.filter((piece) => piece.world === id).map(({ tick }) => tick),
      named: readers.flatMap(namedRows),
      damaged: [...world.damaged],
    });
    this.#thinning = thinning.catch(() => undefined);
    const thinned = await thinning;
    if (thinned > 0) await this.#publish();
    return thinned;
  }

  /** Takes a destroyed world's rows out of the store. @throws `world_in_use` */
  async drop(id: WorldId): Promise<void> {
    const world = this.#ledger.get(id);
    const { name, run } = world.record;
    if (!world.destroyed) {
      throw new ArchetypeError(
        'world_in_use',
        `World "${name}" is not destroyed; destroy it before its rows are dropped.`,
      );
    }
    const forks = this.#readersOf(world).filter((reader) => reader !== world);
    if (forks.length > 0) {
      throw new ArchetypeError(
        'world_in_use',
        `World "${name}" is the past of ${forks.length} other world(s): ${forks.map(({ record }) => `"${record.name}" (${record.world})`).join(', ')}; drop them first.`,
      );
    }
    await this.#worker.ask('drop', { world: id, run });
    this.#ledger.dropped(id);
    await this.#publish();
  }

  /** The world itself and every fork that reads it. */
  #readersOf({ record }: LedgerWorld): readonly LedgerWorld[] {
    return this.#ledger
      .list()
      .filter(
        (other) =>
          other.record.world === record.world ||
          other.record.lineage.some(({ world }) => world === record.world),
      );
  }
}

/** Rows that ticks in memory say are theirs too; the catalog does not know of those yet. */
function namedRows({ tail }: LedgerWorld): readonly NamedRows[] {
  return [...tail.values()].flatMap((commit) =>
    commit.tables.flatMap((table) =>
      'sameAs' in table ? [{ table: table.signature.table, tick: table.sameAs }] : [],
    ),
  );
}
