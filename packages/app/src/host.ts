import {
  ArchetypeError,
  resourceFromJson,
  UNSTARTED,
  Worlds,
  type AnyResource,
  type CreateOptions,
  type HookDefinition,
  type Json,
  type Logger,
  type Processor,
  type ResourceValue,
  type ResumeOptions,
  type Simulation,
  type SimulationDefinition,
  type Store,
  type StoredWorld,
  type World,
  type WorldReader,
  type WorldRecord,
} from '@archetype/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { auditEntities } from './audit/entity-audit.ts';
import { auditPage, type AuditPage, type AuditPageQuery } from './audit/page.ts';
import { AuditTrail } from './audit/trail.ts';
import { TrustedAudit, type TrustedAuditLevel } from './audit/trusted.ts';
import { Broker } from './broker/broker.ts';
import type { Executor } from './executor/executor.ts';
import { InFlight } from './gate/in-flight.ts';
import { cancelAll, restoreCommands, sweepCommands } from './gate/restore.ts';
import { AddedHooks } from './operations/added-hooks.ts';
import type { CustomHandler, Services, WorldSummary } from './operations/services.ts';
import type { Quotas } from './quota/quotas.ts';
import type { Registered } from './registered.ts';
import type { ActorGate } from './world/actor-gate.ts';
import { RuntimeWorld, type WorldHost } from './world/runtime-world.ts';

export interface HostParts {
  readonly store: Store | (() => Promise<Store>);
  readonly registered: Registered;
  readonly executor: Executor | undefined;
  readonly logger: Logger;
  readonly clock: () => number;
  readonly trustedAudit: TrustedAuditLevel;
  readonly quotas: Quotas;
  readonly as: WorldHost['as'];
}

/** Worlds of one store, and what is kept about their commands. */
export class Host implements Services, WorldHost {
  readonly simulations: ReadonlyMap<string, Simulation>;
  readonly processors: ReadonlyMap<string, Processor>;
  readonly hooks: ReadonlyMap<string, HookDefinition>;
  readonly handlers: ReadonlyMap<string, CustomHandler>;
  readonly executor: Executor | undefined;
  readonly logger: Logger;
  readonly as: (actor: Parameters<WorldHost['as']>[0]) => ActorGate;
  readonly store: () => Promise<Store>;
  readonly broker = new Broker();
  readonly addedHooks = new AddedHooks();
  readonly inFlight = new InFlight();
  readonly trail: AuditTrail;
  readonly trusted: TrustedAudit;
  readonly #worlds: Worlds<RuntimeWorld>;
  readonly #quotas: Quotas;
  /** Worlds whose creation has a row as a command. */
  readonly #commanded = new Set<string>();
  #opened: Store | undefined;
  #ready: Promise<void> | undefined;

  constructor({ store, registered, quotas, logger, clock, ...parts }: HostParts) {
    this.simulations = registered.simulations;
    this.processors = registered.processors;
    this.hooks = registered.hooks;
    this.handlers = registered.handlers;
    this.executor = parts.executor;
    this.logger = logger;
    this.as = parts.as as (actor: Parameters<WorldHost['as']>[0]) => ActorGate;
    this.#quotas = quotas;
    this.store = untilItFails(async () => {
      this.#opened = typeof store === 'function' ? await store() : store;
      return this.#opened;
    });
    this.trail = new AuditTrail(this.store, quotas, logger);
    this.trusted = new TrustedAudit(this.trail, parts.trustedAudit, clock);
    this.#worlds = new Worlds(this.store, {
      logger,
      context: new AsyncLocalStorage(),
      due: this.broker,
      make: (...given) => new RuntimeWorld(this, ...given),
      created: (record) => this.#created(record),
      released: (world) => this.broker.forget(world),
      resumed: (world) => restoreCommands(this, world),
    });
  }

  world(
    name: string,
    simulation: Simulation | SimulationDefinition,
    options: CreateOptions,
  ): RuntimeWorld {
    const world = this.#worlds.create(name, simulation, options);
    this.#auditEntities(world);
    return world;
  }

  async create(
    name: string,
    simulation: Simulation,
    options: { readonly seed?: number; readonly resources?: Readonly<Record<string, Json>> },
  ): Promise<RuntimeWorld> {
    const { resources = {}, ...rest } = options;
    const world = this.world(name, simulation, {
      ...rest,
      resources: Object.entries(resources).map(([key, value]) =>
        resourceFromJson(resourceOf(simulation, key), value),
      ),
    });
    this.#commanded.add(world.id);
    try {
      // Whoever is told of it finds it in the store.
      await world.commands.written();
    } catch (error) {
      await world.close();
      throw error;
    } finally {
      this.#commanded.delete(world.id);
    }
    return world;
  }

  #auditEntities(world: RuntimeWorld): void {
    if (this.trusted.level !== 'mutations') return;
    auditEntities(
      (event, handler) => world.on(event, handler, { mode: 'detached' }),
      (type, about, summary) => this.trusted.note(type, about, summary),
    );
  }

  #created({ world: id, name }: WorldRecord): void {
    if (!this.#commanded.has(id)) this.trusted.note('create_world', { id, tick: 0 }, { name });
  }

  async resume(
    idOrName: string,
    simulation: Simulation | SimulationDefinition,
    options?: ResumeOptions,
  ): Promise<RuntimeWorld> {
    const { record } = await this.#worlds.attach(idOrName);
    const world = await this.inFlight.leave(record.world, () =>
      this.#worlds.resume(record.world, simulation, options),
    );
    this.#auditEntities(world);
    return world;
  }

  async attach(idOrName: string): Promise<WorldReader> {
    return this.#worlds.attach(idOrName);
  }

  async list(): Promise<readonly StoredWorld[]> {
    return this.#worlds.list();
  }

  readonly accepting = <T>(world: string, work: () => Promise<T>): Promise<T> =>
    this.inFlight.during([world], work);

  readonly liveNow = (id: string): RuntimeWorld | undefined => this.#worlds.live(id);

  async live(id: string): Promise<RuntimeWorld> {
    const world = this.liveNow(id);
    if (world !== undefined) return world;
    const { name, destroyed } = await this.stored(id);
    throw destroyed
      ? new ArchetypeError(
          'world_destroyed',
          `World "${name}" was destroyed and takes nothing more; its rows can still be queried.`,
        )
      : new ArchetypeError(
          'world_closed',
          `World "${name}" is stored and does not run; resume it to go on.`,
        );
  }

  async stored(id: string): Promise<StoredWorld> {
    const found = (await this.list()).find(({ world }) => world === id);
    if (found !== undefined) return found;
    throw new ArchetypeError(
      'world_not_found',
      `There is no world ${JSON.stringify(id)}; list_worlds tells the ids of those there are.`,
    );
  }

  async summaries(): Promise<readonly WorldSummary[]> {
    const stored = (await this.list()).map(({ world, run, name, newestTick, destroyed }) => ({
      id: world,
      run,
      name,
      tick: Math.max(0, newestTick),
      started: newestTick !== UNSTARTED,
      live: this.liveNow(world) !== undefined,
      destroyed,
    }));
    const known = new Set(stored.map(({ id }) => id));
    // Worlds that were never started are not stored yet.
    const fresh = this.#worlds.running().filter(({ id }) => !known.has(id));
    return [
      ...stored,
      ...fresh.map(({ id, run_id: run, name }) => ({
        id,
        run,
        name,
        tick: 0,
        started: false,
        live: true,
        destroyed: false,
      })),
    ];
  }

  async destroy(id: string): Promise<void> {
    const live = this.liveNow(id);
    if (live !== undefined) {
      await live.destroy();
      return;
    }
    const resumed = await this.inFlight.leave(id, async () => {
      // Somebody may have gone on with it before it was this one's turn.
      if (this.liveNow(id) !== undefined) return true;
      const { destroyed } = await this.stored(id);
      if (!destroyed) {
        const store = await this.store();
        await store.destroy((await store.claim(id)).lease);
      }
      await cancelAll(this, id);
      return false;
    });
    if (resumed) await this.destroy(id);
  }

  async cancel(world: string): Promise<void> {
    await cancelAll(this, world);
  }

  async ending(world: World, end: () => Promise<void>): Promise<void> {
    // A handle that this process holds no longer has nothing that could wait for it.
    if (this.liveNow(world.id) !== world) {
      await end();
      return;
    }
    await this.inFlight.leave(world.id, end);
  }

  async audit(query: AuditPageQuery): Promise<AuditPage> {
    return auditPage(this.trail, await this.store(), query);
  }

  /** Resolves when counters are as they were left, and what a process left behind is said to have ended. */
  readonly ready = (): Promise<void> => {
    this.#ready ??= (async () => {
      const store = await this.store();
      // A store that is only read has no trail that could be written.
      await store.accept({});
      this.#quotas.load(await store.quotas());
      await sweepCommands(this);
    })().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  };

  async closeWorlds(): Promise<void> {
    await this.#worlds.close();
  }

  async closeStore(): Promise<void> {
    await this.#opened?.close();
  }
}

/** @throws `resource_missing` */
function resourceOf({ name: of, resources }: Simulation, name: string): AnyResource {
  const given = resources.find(({ resource }) => resource === name);
  if (given !== undefined) return typeof given === 'function' ? given : (given as ResourceValue).of;
  throw new ArchetypeError(
    'resource_missing',
    `Simulation "${of}" has no resource "${name}"; it has: ${resources.map(({ resource }) => resource).join(', ') || 'none'}.`,
  );
}

/** The same promise for everybody, until it fails. */
function untilItFails<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () =>
    (done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    }));
}
