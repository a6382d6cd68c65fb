import type { WorldId } from '../state/ids.ts';
import type { Logger } from '../state/logger.ts';
import { emptySnapshot, type Snapshot } from '../state/snapshot.ts';
import type { Lease, WorldRecord } from '../state/world-record.ts';
import type { StoredWorld } from '../store/store.ts';
import type { Processor } from '../tick/processor.ts';
import {
  defineSimulation,
  type Simulation,
  type SimulationDefinition,
} from '../tick/simulation.ts';
import { bind } from '../world/bind.ts';
import { closeFailed } from '../world/close-failed.ts';
import { checkLive, findWorld } from '../world/find-world.ts';
import { Names } from '../world/names.ts';
import { forkParts, partsOf, type PlanParts } from '../world/plan-parts.ts';
import { NOTHING_DUE } from '../world/world-commands.ts';
import type { ForkOptions } from '../world/world-options.ts';
import { forkRecord, newRecord } from '../world/world-records.ts';
import { collectResources, type GivenResources } from '../world/world-resources.ts';
import type { CreateOptions, ResumeOptions } from '../world/worlds.ts';
import { checkHandler, checkProcessor } from './refuse-async.ts';
import { SyncWorldReader } from './sync-reader.ts';
import type { SyncStore } from './sync-store.ts';
import { SyncWorld } from './sync-world.ts';
import type { SyncWorldState } from './sync-world-state.ts';

export interface SyncWorldsOptions<W extends SyncWorld = SyncWorld> {
  /** Where worlds and their processors log; the console unless told. */
  readonly logger?: Logger;
  /** Makes worlds of a class of the caller's; `SyncWorld` unless told. */
  readonly make?: (...given: ConstructorParameters<typeof SyncWorld>) => W;
  /** Told when a new world is written down: with its first step, query or fork. */
  readonly created?: (record: WorldRecord) => void;
  /**
   * Asked about a stored world before it is gone on with: one above the entity ids that were promised, whatever became of
   * that. What it throws keeps the world from being resumed.
   */
  readonly promised?: (world: StoredWorld) => number;
}

/**
 * As `Worlds`, over a store that answers at once. Processors and handlers that are async functions are refused where they
 * are given; those that return a promise, when they do.
 */
export class SyncWorlds<W extends SyncWorld = SyncWorld> {
  readonly #store: () => SyncStore;
  readonly #options: SyncWorldsOptions<W>;
  readonly #logger: Logger;
  readonly #make: (...given: ConstructorParameters<typeof SyncWorld>) => W;
  readonly #names = new Names();
  readonly #live = new Map<WorldId, W>();

  /** How to open a store; called whenever a world needs it. */
  constructor(store: () => SyncStore, options: SyncWorldsOptions<W> = {}) {
    this.#store = store;
    this.#options = options;
    this.#logger = options.logger ?? console;
    this.#make = options.make ?? ((...given) => new SyncWorld(...given) as W);
  }

  /** As `Worlds.create`. @throws `world_exists`, `invalid_definition` */
  create(
    name: string,
    simulation: Simulation | SimulationDefinition = {},
    options: CreateOptions = {},
  ): W {
    const plan = planOf(simulation);
    const given = collectResources([...plan.resources, ...(options.resources ?? [])]);
    const record = newRecord(name, given, options);
    const parts = partsOf(plan, given);
    this.#names.take(record.name);
    const state = this.#state(record, emptySnapshot(given.data), parts, (store) => {
      const lease = store.create(record);
      this.#options.created?.(record);
      return lease;
    });
    const world = this.#enter(this.#make(state));
    try {
      plan.setup?.(world);
    } catch (error) {
      state.release();
      throw error;
    }
    return world;
  }

  /**
   * As `Worlds.resume`.
   *
   * @throws `world_not_found`, `world_ambiguous`, `world_destroyed`, `resource_missing`, `schema_conflict`
   */
  resume(
    idOrName: string,
    simulation: Simulation | SimulationDefinition,
    options: ResumeOptions = {},
  ): W {
    const plan = planOf(simulation);
    const stored = findWorld(this.list(), idOrName);
    const given = collectResources([...plan.resources, ...(options.resources ?? [])]);
    checkLive(stored, given);
    const held = this.#options.promised?.(stored) ?? 0;
    this.#names.take(stored.name);
    try {
      return this.#goOn(stored, plan, given, options, held);
    } catch (error) {
      this.#names.release(stored.name);
      throw error;
    }
  }

  #goOn(
    stored: StoredWorld,
    plan: Simulation,
    given: GivenResources,
    options: ResumeOptions,
    held: number,
  ): W {
    const store = this.#store();
    const parts = partsOf(plan, given);
    const before = store.snapshot(stored.world, stored.newestTick);
    // Definitions are held against the stored ones before the writer is changed.
    if (before !== undefined) bind(before, parts.registry);
    const { lease, record, state } = store.claim(stored.world);
    const snapshot =
      state === undefined ? emptySnapshot(record.resources) : bind(state, parts.registry);
    const world = this.#make(this.#state(record, snapshot, parts, () => lease, held));
    try {
      // What was staged and never committed is gone; what the simulation itself begins with is not.
      if (state === undefined) plan.setup?.(world);
      for (const value of options.resources ?? [])
        if (value.of.kind === 'data') world.resources.set(value);
    } catch (error) {
      world.close();
      throw error;
    }
    return this.#enter(world);
  }

  /** As `Worlds.attach`. @throws `world_not_found`, `world_ambiguous` */
  attach(idOrName: string): SyncWorldReader {
    const stored = findWorld(this.list(), idOrName);
    return new SyncWorldReader(this.#store(), stored);
  }

  /** As `Worlds.list`. */
  list(): readonly StoredWorld[] {
    return this.#store().worlds();
  }

  /** Closes every live world, whatever fails on the way. @throws `close_failed` */
  close(): void {
    const failures: unknown[] = [];
    for (const world of Array.from(this.#live.values())) {
      try {
        world.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw closeFailed(failures);
  }

  #state(
    record: WorldRecord,
    snapshot: Snapshot,
    parts: PlanParts,
    write: (store: SyncStore) => Lease,
    held = 0,
  ): SyncWorldState {
    let opened: { readonly store: SyncStore; readonly lease: Lease } | undefined;
    return {
      record,
      snapshot,
      ...parts,
      logger: this.#logger,
      due: NOTHING_DUE,
      held,
      register: (processor) => {
        checkProcessor(processor);
        parts.register(processor);
      },
      make: (...next) => this.#enter(this.#make(...next)),
      open: () => {
        if (opened === undefined) {
          const store = this.#store();
          opened = { store, lease: write(store) };
        }
        return opened;
      },
      fork: (at, options) => this.#fork(record, at, parts, options),
      release: () => {
        this.#names.release(record.name);
        this.#live.delete(record.world);
      },
    };
  }

  #fork(
    source: WorldRecord,
    snapshot: Snapshot,
    parts: PlanParts,
    options: ForkOptions,
  ): SyncWorldState {
    const given = collectResources(options.resources ?? []);
    const copied = forkParts(parts, given);
    const resources = { ...snapshot.resources, ...given.data };
    const name = options.name ?? this.#names.free(`${source.name}-fork`);
    const record = forkRecord(source, snapshot, copied.live, resources, { ...options, name });
    this.#names.take(record.name);
    const state = this.#state(record, { ...snapshot, resources }, copied, (store) =>
      store.fork(record),
    );
    try {
      state.open();
    } catch (error) {
      state.release();
      throw error;
    }
    return state;
  }

  /** From here on it is found. */
  #enter(world: W): W {
    this.#live.set(world.id, world);
    return world;
  }
}

/** @throws `invalid_definition` for what is asynchronous */
function planOf(simulation: Simulation | SimulationDefinition): Simulation {
  const plan = defineSimulation(simulation);
  const processors: readonly Processor[] = plan.processors;
  processors.forEach(checkProcessor);
  plan.hooks.forEach(checkHandler);
  return plan;
}
