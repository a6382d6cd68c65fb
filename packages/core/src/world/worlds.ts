import { requireObject } from '../errors.ts';
import type { WorldId } from '../state/ids.ts';
import type { AnyResource, ResourceValue } from '../state/resource.ts';
import { emptySnapshot, type Snapshot } from '../state/snapshot.ts';
import type { Logger } from '../state/logger.ts';
import type { Lease, WorldRecord } from '../state/world-record.ts';
import type { Store, StoredWorld } from '../store/store.ts';
import {
  defineSimulation,
  type Simulation,
  type SimulationDefinition,
} from '../tick/simulation.ts';
import { bind } from './bind.ts';
import { closeFailed } from './close-failed.ts';
import { checkLive, findWorld } from './find-world.ts';
import type { AsyncContext } from './inside.ts';
import { Names } from './names.ts';
import { forkParts, partsOf, type PlanParts } from './plan-parts.ts';
import { collectResources, type GivenResources } from './world-resources.ts';
import { World } from './world.ts';
import type { ForkOptions } from './world-options.ts';
import { WorldReader } from './world-reader.ts';
import { forkRecord, newRecord } from './world-records.ts';
import { NOTHING_DUE, type Due } from './world-commands.ts';
import type { WorldState } from './world-state.ts';

export interface WorldsOptions<W extends World = World> {
  /** Where worlds and their processors log; the console unless told. */
  readonly logger?: Logger;
  /**
   * Remembers across awaits which code runs inside a processor, so that a processor which waits for its own world is an
   * error instead of waiting for ever. In Node.js: `new AsyncLocalStorage()`.
   */
  readonly context?: AsyncContext;
  /** Deferred commands, asked for before each tick; none unless told. */
  readonly due?: Due;
  /** Makes worlds of a class of the caller's; `World` unless told. */
  readonly make?: (...given: ConstructorParameters<typeof World>) => W;
  /** Told when a new world is written down: with its first step, query or fork. */
  readonly created?: (record: WorldRecord) => void;
  /** Told when this process holds a world no longer, before anybody can go on with it. */
  readonly released?: (world: WorldId) => void;
  /** Told of a world that was resumed before anybody else can find it; when it fails, the world is closed again. */
  readonly resumed?: (world: W) => Promise<void>;
}

export interface CreateOptions {
  /** A whole number from 0 to 2^53 - 1; random unless told, and recorded. */
  readonly seed?: number;
  /** Given only to make tests repeatable. */
  readonly id?: string;
  readonly run?: string;
  /** Added to, or in place of, the simulation's resources. */
  readonly resources?: readonly (ResourceValue | AnyResource)[];
}

export interface ResumeOptions {
  /** Live resources, and data resources to set in the next tick. */
  readonly resources?: readonly ResourceValue[];
}

/**
 * Creates, forks, resumes and lists worlds over a store.
 *
 * @example
 * const worlds = new Worlds(new MemoryStore());
 * const world = worlds.create('demo', simulation, { seed: 1 });
 */
export class Worlds<W extends World = World> {
  readonly #store: () => Promise<Store>;
  readonly #logger: Logger;
  readonly #context: AsyncContext | undefined;
  readonly #due: Due;
  readonly #make: (...given: ConstructorParameters<typeof World>) => W;
  readonly #released: ((world: WorldId) => void) | undefined;
  readonly #created: ((record: WorldRecord) => void) | undefined;
  readonly #resumed: ((world: W) => Promise<void>) | undefined;
  readonly #names = new Names();
  readonly #live = new Map<WorldId, W>();

  /** A store, or how to open one; it is opened when the first world needs it. */
  constructor(store: Store | (() => Promise<Store>), options: WorldsOptions<W> = {}) {
    this.#logger = options.logger ?? console;
    this.#context = options.context;
    this.#due = options.due ?? NOTHING_DUE;
    this.#make = options.make ?? ((...given) => new World(...given) as W);
    this.#released = options.released;
    this.#created = options.created;
    this.#resumed = options.resumed;
    if (typeof store === 'function') {
      let opened: Promise<Store> | undefined;
      this.#store = () =>
        (opened ??= store().catch((error: unknown) => {
          opened = undefined;
          throw error;
        }));
    } else {
      requireObject(store, 'Worlds', 'new MemoryStore()');
      this.#store = async () => store;
    }
  }

  /** A new world, unstarted. Nothing is written before its first step, fork or query. @throws `world_exists` */
  create(
    name: string,
    simulation: Simulation | SimulationDefinition = {},
    options: CreateOptions = {},
  ): W {
    const plan = defineSimulation(simulation);
    const given = collectResources([...plan.resources, ...(options.resources ?? [])]);
    const record = newRecord(name, given, options);
    const parts = partsOf(plan, given);
    this.#names.take(record.name);
    const world = this.#enter(
      this.#make(
        this.#state(record, emptySnapshot(given.data), parts, async (store) => {
          const lease = await store.create(record);
          this.#created?.(record);
          return lease;
        }),
      ),
    );
    try {
      plan.setup?.(world);
    } catch (error) {
      this.#names.release(record.name);
      this.#live.delete(record.world);
      throw error;
    }
    return world;
  }

  /**
   * Goes on with a stored world: takes over writing, so that whoever wrote before is stale. A name that several stored
   * worlds have is refused.
   *
   * @throws `world_not_found`, `world_ambiguous`, `world_destroyed`, `resource_missing`, `schema_conflict`
   */
  async resume(
    idOrName: string,
    simulation: Simulation | SimulationDefinition,
    options: ResumeOptions = {},
  ): Promise<W> {
    const plan = defineSimulation(simulation);
    const stored = findWorld(await this.list(), idOrName);
    const given = collectResources([...plan.resources, ...(options.resources ?? [])]);
    checkLive(stored, given);
    this.#names.take(stored.name);
    try {
      return await this.#goOn(stored, plan, given, options);
    } catch (error) {
      this.#names.release(stored.name);
      throw error;
    }
  }

  async #goOn(
    stored: StoredWorld,
    plan: Simulation,
    given: GivenResources,
    options: ResumeOptions,
  ): Promise<W> {
    const store = await this.#store();
    const parts = partsOf(plan, given);
    const before = await store.snapshot(stored.world, stored.newestTick);
    // Definitions are held against the stored ones before the writer is changed.
    if (before !== undefined) bind(before, parts.registry);
    const { lease, record, state } = await store.claim(stored.world);
    const snapshot =
      state === undefined ? emptySnapshot(record.resources) : bind(state, parts.registry);
    const world = this.#make(this.#state(record, snapshot, parts, async () => lease));
    try {
      // What was staged and never committed is gone; what the simulation itself begins with is not.
      if (state === undefined) plan.setup?.(world);
      for (const value of options.resources ?? [])
        if (value.of.kind === 'data') world.resources.set(value);
      await this.#resumed?.(world);
    } catch (error) {
      await world.close();
      throw error;
    }
    return this.#enter(world);
  }

  /** A stored world, read only; it need not be resumed, and may be written elsewhere meanwhile. */
  async attach(idOrName: string): Promise<WorldReader> {
    const stored = findWorld(await this.list(), idOrName);
    return new WorldReader(await this.#store(), stored);
  }

  /** Every world of the store, in order of creation; worlds that were never started or forked are not in it yet. */
  async list(): Promise<readonly StoredWorld[]> {
    return (await this.#store()).worlds();
  }

  /** A world that this process holds, by its id. */
  live(id: WorldId): W | undefined {
    return this.#live.get(id);
  }

  /** Every world that this process holds. */
  running(): readonly W[] {
    return [...this.#live.values()];
  }

  /** Closes every live world, whatever fails on the way; the store stays open. @throws `close_failed` */
  async close(): Promise<void> {
    const ends = await Promise.allSettled([...this.#live.values()].map((world) => world.close()));
    const failures = ends.flatMap((end) =>
      end.status === 'rejected' ? [end.reason as unknown] : [],
    );
    if (failures.length > 0) throw closeFailed(failures);
  }

  #state(
    record: WorldRecord,
    snapshot: Snapshot,
    parts: PlanParts,
    write: (store: Store) => Promise<Lease>,
  ): WorldState {
    let opened: Promise<{ store: Store; lease: Lease }> | undefined;
    const open = async (): Promise<{ store: Store; lease: Lease }> => {
      const store = await this.#store();
      return { store, lease: await write(store) };
    };
    return {
      record,
      snapshot,
      ...parts,
      logger: this.#logger,
      context: this.#context,
      due: this.#due,
      make: (...next) => this.#enter(this.#make(...next)),
      open: () =>
        (opened ??= open().catch((error: unknown) => {
          opened = undefined;
          throw error;
        })),
      fork: (at, options) => this.#fork(record, at, parts, options),
      release: () => {
        this.#released?.(record.world);
        this.#names.release(record.name);
        this.#live.delete(record.world);
      },
    };
  }

  async #fork(
    source: WorldRecord,
    snapshot: Snapshot,
    parts: PlanParts,
    options: ForkOptions,
  ): Promise<WorldState> {
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
      await state.open();
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
