import {
  ArchetypeError,
  UNSTARTED,
  Worlds,
  defineSimulation,
  type Actor,
  type AnyResource,
  type AuditQuery,
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
} from '@archetype/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditHead } from './audit/chain.ts';
import { AuditTrail } from './audit/trail.ts';
import { levels, TrustedAudit, type TrustedAuditLevel } from './audit/trusted.ts';
import { verifyTrail, type AuditVerdict } from './audit/verify.ts';
import { Broker } from './broker/broker.ts';
import { restoreCommands, sweepCommands, cancelAll } from './broker/restore.ts';
import { closeAll } from './close-all.ts';
import { checkActor } from './command/actor.ts';
import type { Executor } from './executor/executor.ts';
import { Gate } from './gate/gate.ts';
import { createPolicy, type AccessPolicy } from './gate/policy.ts';
import { AddedHooks } from './operations/added-hooks.ts';
import { valueByName } from './operations/behaviour.ts';
import { commandTypes } from './operations/operations.ts';
import { auditPage, type AuditPage } from './operations/read.ts';
import type { CustomHandler, Services, WorldSummary } from './operations/services.ts';
import { checkQuotas, type QuotaOptions } from './quota/limits.ts';
import { Quotas } from './quota/quotas.ts';
import { ActorGate } from './world/actor-gate.ts';
import { RuntimeWorld, type WorldHost } from './world/runtime-world.ts';

export interface AppOptions {
  /** A store, or how to open one; it is opened when it is first needed. */
  readonly store: Store | (() => Promise<Store>);
  /** What worlds can be made of from outside, by their names. */
  readonly simulations?: readonly (Simulation | SimulationDefinition)[];
  /** What can be added to worlds from outside, by name; those of the simulations can be too. */
  readonly processors?: readonly Processor[];
  readonly hooks?: Readonly<Record<string, HookDefinition>>;
  /** What `custom` commands do, by their action. */
  readonly handlers?: Readonly<Record<string, CustomHandler>>;
  /** Who may do what; the roles viewer, player, operator and admin unless told. */
  readonly policy?: AccessPolicy;
  /** How much of it; 500 commands in a tick of a world and 200 000 tokens a day unless told. */
  readonly quotas?: QuotaOptions;
  /** Which calls of the host's own code are audited; `lifecycle` unless told. */
  readonly trustedAudit?: TrustedAuditLevel;
  /** Where rollouts run that come through the gate; in this process unless told. */
  readonly executor?: Executor;
  readonly logger?: Logger;
  /** Milliseconds since the epoch, for rows of the trail and days of quotas; the system's unless told. */
  readonly clock?: () => number;
  /** How the store is closed with the app; by its own `close` unless told. */
  readonly closeStore?: () => Promise<void>;
}

/**
 * A host of worlds: trusted calls for the code that runs it, and a gate for everybody else. At most one writes a store at a
 * time.
 *
 * @throws `invalid_argument`
 * @example
 * await using app = createApp({ store: new MemoryStore(), simulations: [arena] });
 * const admin = app.as({ id: 'ann', roles: ['admin'] });
 * const { result } = await admin.execute({ type: 'create_world', payload: { name: 'first' } });
 */
export const createApp = (options: AppOptions): App => new App(options);

/** Made by `createApp`. */
export class App implements Services, WorldHost {
  readonly simulations: ReadonlyMap<string, Simulation>;
  readonly processors: ReadonlyMap<string, Processor>;
  readonly hooks: ReadonlyMap<string, HookDefinition>;
  readonly handlers: ReadonlyMap<string, CustomHandler>;
  readonly executor: Executor | undefined;
  readonly store: () => Promise<Store>;
  readonly broker = new Broker();
  readonly addedHooks = new AddedHooks();
  readonly trail: AuditTrail;
  readonly trusted: TrustedAudit;
  readonly #worlds: Worlds<RuntimeWorld>;
  readonly #quotas: Quotas;
  readonly #gate: Gate;
  readonly #closeStore: (() => Promise<void>) | undefined;
  readonly #sources = new Map<string, string | undefined>();
  #opened: Store | undefined;
  #ready: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: AppOptions) {
    const { store, logger = console, clock = Date.now, trustedAudit = 'lifecycle' } = options ?? {};
    if (store === undefined) throw refused('no store', 'for example new MemoryStore()');
    if (!levels.includes(trustedAudit))
      throw refused(`trustedAudit: ${JSON.stringify(trustedAudit)}`, `one of ${levels.join(', ')}`);
    this.simulations = byName(
      (options.simulations ?? []).map((given) => defineSimulation(given as SimulationDefinition)),
    );
    this.processors = new Map([
      ...[...this.simulations.values()].flatMap(({ processors }) => processors.map(named)),
      ...(options.processors ?? []).map(named),
    ]);
    this.hooks = new Map(Object.entries(options.hooks ?? {}));
    this.handlers = new Map(Object.entries(options.handlers ?? {}));
    this.executor = options.executor;
    this.#closeStore = options.closeStore;
    this.store = once(async () => {
      this.#opened = typeof store === 'function' ? await store() : store;
      return this.#opened;
    });
    this.#quotas = new Quotas(clock);
    this.trail = new AuditTrail(this.store, this.#quotas, logger);
    this.trusted = new TrustedAudit(this.trail, trustedAudit, clock);
    this.#worlds = new Worlds(this.store, {
      logger,
      context: new AsyncLocalStorage(),
      due: (world, tick) => this.broker.due(world, tick),
      worldClass: RuntimeWorld,
      host: this,
    });
    this.#gate = new Gate({
      services: this,
      policy: options.policy ?? createPolicy(),
      quotas: this.#quotas,
      limits: checkQuotas(options.quotas ?? {}, new Set(commandTypes)),
      clock,
      ancestors: (world) => this.#ancestors(world),
      ready: () => this.#beReady(),
      inside: this.trusted.inside,
    });
  }

  /** The gate, as somebody stands before it. @throws `invalid_argument` */
  as(actor: Actor): ActorGate {
    return new ActorGate(this.#gate, checkActor(actor));
  }

  /** Trusted: a new world, at once; nothing touches the store before its first step, query or fork. @throws `world_exists` */
  world(
    name: string,
    simulation: Simulation | SimulationDefinition = {},
    options: CreateOptions = {},
  ): RuntimeWorld {
    this.#admit();
    const world = this.#worlds.create(name, simulation, options);
    this.trusted.listen(world);
    return world;
  }

  /** For the gate. */
  async create(
    name: string,
    simulation: Simulation,
    options: { readonly seed?: number; readonly resources?: Readonly<Record<string, Json>> },
  ): Promise<RuntimeWorld> {
    const { resources = {}, ...rest } = options;
    const world = this.world(name, simulation, {
      ...rest,
      resources: Object.entries(resources).map(([key, value]) =>
        valueByName(key, resourceOf(simulation, key), value),
      ),
    });
    // Whoever is told of it finds it in the store.
    await world.messages();
    return world;
  }

  /**
   * Trusted: goes on with a stored world, with the commands that waited for it.
   *
   * @throws as `Worlds.resume`
   */
  async resume(
    idOrName: string,
    simulation: Simulation | SimulationDefinition,
    options?: ResumeOptions,
  ): Promise<RuntimeWorld> {
    this.#admit();
    const world = await this.#worlds.resume(idOrName, simulation, options);
    try {
      await restoreCommands(this, world);
    } catch (error) {
      await world.close();
      throw error;
    }
    this.trusted.listen(world);
    this.trusted.begun('resume_world', world);
    return world;
  }

  /** Trusted: a stored world to read. @throws `world_not_found`, `world_ambiguous` */
  async reader(idOrName: string): Promise<WorldReader> {
    return this.#worlds.attach(idOrName);
  }

  /** Trusted: every stored world, in order of creation. */
  async list(): Promise<readonly StoredWorld[]> {
    return this.#worlds.list();
  }

  liveNow(id: string): RuntimeWorld | undefined {
    return this.#worlds.live(id);
  }

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

  async worlds(): Promise<readonly WorldSummary[]> {
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
      ...fresh.map((world) => ({
        id: world.id,
        run: world.run_id,
        name: world.name,
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
    const { destroyed } = await this.stored(id);
    if (destroyed) return;
    const store = await this.store();
    await store.destroy((await store.claim(id)).lease);
    await this.ended(id);
  }

  async ended(world: string): Promise<void> {
    this.addedHooks.forget(world);
    await cancelAll(this, world);
  }

  /** Trusted: a page of the audit trail, newest first, with what became of the commands. */
  audit(query: AuditQuery = {}): Promise<AuditPage> {
    return auditPage(this, query);
  }

  /**
   * Holds the trail against its hashes. `kept` is the head of an earlier verification: with it, rows that were cut off the
   * end are found too.
   */
  async verifyAudit(kept?: AuditHead): Promise<AuditVerdict> {
    await this.trail.flush();
    return verifyTrail(await this.store(), kept);
  }

  /**
   * Lets no more commands in, waits for those under way, closes worlds, writes what waits to be written, closes the store.
   * Stored worlds and queued commands stay. Tries everything. Idempotent.
   *
   * @throws `close_failed`, naming everything that went wrong
   */
  close(): Promise<void> {
    this.#closing ??= closeAll('The app', [
      () => this.#gate.close(),
      () => this.#worlds.close(),
      () => this.trail.flush(),
      this.#closeStore ?? (async () => this.#opened?.close()),
    ]);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #admit(): void {
    if (this.#closing === undefined) return;
    throw new ArchetypeError('app_closed', 'The app is closed; make a new one.');
  }

  #beReady(): Promise<void> {
    this.#ready ??= (async () => {
      const store = await this.store();
      this.#quotas.load(await store.quotas());
      await sweepCommands(this);
    })().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #ancestors(world: string): Promise<readonly string[]> {
    const ancestors: string[] = [];
    for (let id: string | undefined = world; id !== undefined;) {
      const source: string | undefined = await this.#sourceOf(id);
      if (source !== undefined) ancestors.push(source);
      id = source;
    }
    return ancestors;
  }

  /** Where a world was forked from; that never changes. */
  async #sourceOf(world: string): Promise<string | undefined> {
    if (this.#sources.has(world)) return this.#sources.get(world);
    const live: World | undefined = this.liveNow(world);
    if (live !== undefined) this.#sources.set(world, live.info().forkedAt?.world);
    else
      for (const stored of await this.list())
        this.#sources.set(stored.world, stored.forkedAt?.world);
    return this.#sources.get(world);
  }
}

const named = (processor: Processor): [string, Processor] => [processor.name, processor];

function byName(simulations: readonly Simulation[]): ReadonlyMap<string, Simulation> {
  const found = new Map<string, Simulation>();
  for (const simulation of simulations) {
    if (found.has(simulation.name)) {
      throw new ArchetypeError(
        'invalid_argument',
        `Two simulations are called "${simulation.name}"; worlds are made of them by name, so rename one.`,
      );
    }
    found.set(simulation.name, simulation);
  }
  return found;
}

/** @throws `resource_missing` */
function resourceOf(simulation: Simulation, name: string): AnyResource {
  const given = simulation.resources.find(({ resource }) => resource === name);
  if (given !== undefined) return typeof given === 'function' ? given : (given as ResourceValue).of;
  throw new ArchetypeError(
    'resource_missing',
    `Simulation "${simulation.name}" has no resource "${name}"; it has: ${simulation.resources.map(({ resource }) => resource).join(', ') || 'none'}.`,
  );
}

/** The same promise for everybody, until it fails. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () =>
    (done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    }));
}

const refused = (was: string, wanted: string): ArchetypeError =>
  new ArchetypeError('invalid_argument', `An app was given ${was}; give ${wanted}.`);
