import {
  ArchetypeError,
  MemoryStore,
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
import {
  StorePool,
  type CacheConfig,
  type DurableStore,
  type StoreSettings,
} from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { logLevel, stderrLogger, type LogLevel } from './log.ts';

/** Where worlds are kept. */
export interface RuntimeStorage extends StoreSettings {
  /** A directory, made when a world is first written, or `s3://bucket/prefix`; `./archetype_data` unless told. */
  readonly uri?: string;
  /** For object storage: `region`, `endpoint`, `aws_access_key_id` and so on; the environment's unless told. */
  readonly storageOptions?: Readonly<Record<string, string>>;
  /** For object storage: where journal and catalog are; below `./archetype_data`, by the URI's name, unless told. */
  readonly localDirectory?: string;
  /** Stores beside each other in one directory; `default` unless told. */
  readonly namespace?: string;
  /** `lancedb` unless told; `memory` keeps nothing. */
  readonly backend?: 'lancedb' | 'memory';
  readonly cache?: Partial<CacheConfig>;
  /** Only read stored worlds, also while another process writes them. */
  readonly readOnly?: boolean;
  /** Take the store from a process that holds it and cannot be ended. */
  readonly takeOver?: boolean;
}

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

export type WorldDefinition = SimulationDefinition & {
  /** A whole number from 0 to 2^53 - 1; random unless told, and recorded. */
  readonly seed?: number;
};

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

  constructor(options: RuntimeOptions = {}) {
    const storage =
      typeof options.storage === 'string' ? { uri: options.storage } : (options.storage ?? {});
    this.#store = openerOf(storage, this.#pool);
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

function openerOf(storage: RuntimeStorage, pool: StorePool): () => Promise<Store> {
  const { backend = 'lancedb', ...config } = storage;
  if (backend === 'memory') {
    const store = new MemoryStore();
    return async () => store;
  }
  if (backend === 'lancedb') return () => pool.open({ ...config, tables: lancedb });
  throw new ArchetypeError(
    'invalid_argument',
    `The storage backend was ${JSON.stringify(backend)}; use "lancedb" or "memory".`,
  );
}
