import {
  ArchetypeError,
  type ResourceValue,
  type ResumeOptions,
  type Actor,
  type AnyResource,
  type Logger,
  type Simulation,
  type SimulationDefinition,
  type Store,
  type StoredWorld,
  type WorldReader,
} from '@archetype/core';
import {
  createApp,
  type ActorGate,
  type App,
  type AppOptions,
  type AuditHead,
  type AuditPage,
  type AuditPageQuery,
  type AuditVerdict,
  type RegisteredOptions,
  type RuntimeWorld,
  type TrustedAuditLevel,
} from '@archetype/app';
import { StorePool, type DurableStore } from '@archetype/storage';
import { logLevel, stderrLogger, type LogLevel } from './log.ts';
import { openerOf, storageOf, type RuntimeStorage } from './open-store.ts';
import type { WorldDefinition } from './world-definition.ts';
import { SyncRuntime, type SyncRuntimeOptions } from './sync/sync-runtime.ts';

export interface RuntimeOptions {
  /** A directory, or more. */
  readonly storage?: string | RuntimeStorage;
  /** What worlds and their processors say, on standard error: this level and above. `ARCHETYPE_LOG`, else `warn`, unless told. */
  readonly log?: LogLevel;
  /** Takes the place of standard error, and is told everything. */
  readonly logger?: Logger;
  /** For those whom `as` lets in: who may do what, how much of it, and what they can name; see `@archetype/app`. */
  readonly actors?: RegisteredOptions & Pick<AppOptions, 'policy' | 'quotas' | 'executor'>;
  /** Which of the script's own calls are audited; world life cycles and runs (`lifecycle`) unless told. */
  readonly trustedAudit?: TrustedAuditLevel;
}

/**
 * The entry for scripts: opens a store when a world first needs it, and closes everything it opened.
 *
 * @example
 * await using runtime = new ArchetypeRuntime();
 * const world = runtime.world('demo', { processors: [movement] });
 * world.spawn(Position({ x: 0 }), Velocity({ dx: 1 }));
 * await world.run({ steps: 3 });
 */
export class ArchetypeRuntime {
  readonly #pool = new StorePool();
  readonly #store: () => Promise<Store>;
  readonly #app: App;
  #closing: Promise<void> | undefined;

  /**
   * The same for scripts that do not await: worlds whose every call returns when it is done. Processors and handlers run in
   * the calling thread and are synchronous; the store is in a thread of its own.
   *
   * @throws `invalid_argument`
   * @example
   * using runtime = ArchetypeRuntime.sync();
   * const world = runtime.world('demo', { processors: [movement] });
   * world.spawn(Position({ x: 0 }), Velocity({ dx: 1 }));
   * world.run({ steps: 3 });
   */
  static sync(options: SyncRuntimeOptions = {}): SyncRuntime {
    return new SyncRuntime(options);
  }

  constructor(options: RuntimeOptions = {}) {
    this.#store = openerOf(storageOf(options.storage), this.#pool);
    this.#app = createApp({
      ...options.actors,
      store: this.#store,
      closeStore: () => this.#pool.close(),
      logger: options.logger ?? stderrLogger(logLevel(options.log)),
      ...(options.trustedAudit !== undefined && { trustedAudit: options.trustedAudit }),
    });
  }

  /** A new world, at once; nothing touches the disk before its first step, query or fork. @throws `world_exists` */
  world(
    name: string,
    definition: Simulation | WorldDefinition = {},
    options: {
      readonly seed?: number;
      readonly resources?: readonly (ResourceValue | AnyResource)[];
    } = {},
  ): RuntimeWorld {
    this.#admit();
    const seed = options.seed ?? ('seed' in definition ? definition.seed : undefined);
    return this.#app.world(name, definition, {
      ...(seed !== undefined && { seed }),
      ...(options.resources !== undefined && { resources: options.resources }),
    });
  }

  /** Every stored world, in order of creation. */
  async worlds(): Promise<readonly StoredWorld[]> {
    this.#admit();
    return this.#app.list();
  }

  /**
   * Goes on with a stored world and takes over writing it.
   *
   * @throws `world_not_found`, `world_ambiguous`, `world_destroyed`, `resource_missing`, `schema_conflict`
   */
  async resume(
    idOrName: string,
    simulation: Simulation | SimulationDefinition,
    options?: ResumeOptions,
  ): Promise<RuntimeWorld> {
    this.#admit();
    return this.#app.resume(idOrName, simulation, options);
  }

  /** A stored world to read only. @throws `world_not_found`, `world_ambiguous` */
  async attach(idOrName: string): Promise<WorldReader> {
    this.#admit();
    return this.#app.attach(idOrName);
  }

  /**
   * The store itself, opened if it is not open: its health, what it takes on disk, thinning, dropping, merging, checking.
   *
   * @throws `read_only` when storage is in memory or only read; what opening throws
   * @example await (await runtime.store()).retain(world.id, { olderThan: 1000, every: 100 });
   */
  async store(): Promise<DurableStore> {
    this.#admit();
    const store = await this.#store();
    if ('retain' in store) return store as DurableStore;
    throw new ArchetypeError(
      'read_only',
      'This runtime has no store to look after: it keeps worlds in memory, or only reads a directory. Open one for writing.',
    );
  }

  /**
   * The gate as somebody stands before it, for commands that are about no world yet or about many; `world.as(actor)` is
   * about one. @throws `invalid_argument`
   */
  as(actor: Actor): ActorGate {
    this.#admit();
    return this.#app.as(actor);
  }

  /** A page of the audit trail, newest first, with what became of the commands. */
  async audit(query?: AuditPageQuery): Promise<AuditPage> {
    this.#admit();
    return this.#app.audit(query);
  }

  /** Holds the audit trail against its hashes, and against a head that was kept. */
  async verifyAudit(kept?: AuditHead): Promise<AuditVerdict> {
    this.#admit();
    return this.#app.verifyAudit(kept);
  }

  /** Waits for ticks under way, moves everything into parts, closes the store. Stored worlds stay. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#app.close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #admit(): void {
    if (this.#closing !== undefined) {
      throw new ArchetypeError('store_closed', 'The runtime is closed; make a new one.');
    }
  }
}
