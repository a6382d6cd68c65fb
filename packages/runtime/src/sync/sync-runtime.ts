import {
  checkTrustedLevel,
  type AuditHead,
  type AuditPage,
  type AuditPageQuery,
  type AuditVerdict,
  type TrustedAuditLevel,
} from '@archetype/app';
import {
  ArchetypeError,
  SyncWorlds,
  type AnyResource,
  type Logger,
  type ResourceValue,
  type ResumeOptions,
  type Simulation,
  type SimulationDefinition,
  type StoredWorld,
  type SyncWorld,
  type SyncWorldReader,
} from '@archetype/core';
import { StorePool } from '@archetype/storage';
import { openerOf, storageOf, type RuntimeStorage } from '../open-store.ts';
import type { WorldDefinition } from '../world-definition.ts';
import { AuditedWorld } from './audited-world.ts';
import { ScriptAudit } from './script-audit.ts';
import { ThreadChannel } from './thread-channel.ts';
import { ThreadStore } from './thread-store.ts';

export interface SyncRuntimeOptions {
  /** A directory, or more. */
  readonly storage?: string | RuntimeStorage;
  /** Where worlds and their processors log; the console unless told. */
  readonly logger?: Logger;
  /** Which of the script's own calls are audited; world life cycles and runs (`lifecycle`) unless told. */
  readonly trustedAudit?: TrustedAuditLevel;
}

/**
 * As `ArchetypeRuntime`, for scripts that do not await. Its store is in a thread of its own, which is started when a world
 * first needs it and does not keep the process alive. Made by `ArchetypeRuntime.sync`.
 */
export class SyncRuntime {
  readonly #storage: RuntimeStorage;
  readonly #logger: Logger;
  readonly #worlds: SyncWorlds;
  readonly #audit: ScriptAudit;
  #channel: ThreadChannel | undefined;
  #closed = false;

  constructor(options: SyncRuntimeOptions) {
    this.#storage = storageOf(options.storage);
    this.#logger = options.logger ?? console;
    // What is wrong with it is told here, as everywhere.
    openerOf(this.#storage, new StorePool());
    let store: ThreadStore | undefined;
    this.#audit = new ScriptAudit(
      checkTrustedLevel(options.trustedAudit ?? 'lifecycle'),
      (call) => {
        // Without a store there is no trail, and whoever needed one was told.
        if (this.#channel?.failure === undefined) this.#channel?.tell('note', call);
      },
    );
    this.#worlds = new SyncWorlds(() => (store ??= new ThreadStore(this.#thread())), {
      logger: this.#logger,
      make: (...given) => new AuditedWorld(this.#audit, ...given),
      created: ({ world: id, name }) => this.#audit.note('create_world', { id, tick: 0 }, { name }),
      promised: (world) => this.#promised(world),
    });
  }

  /** As `ArchetypeRuntime.world`. @throws `world_exists`, `invalid_definition` for what is asynchronous */
  world(
    name: string,
    definition: Simulation | WorldDefinition = {},
    options: {
      readonly seed?: number;
      readonly resources?: readonly (ResourceValue | AnyResource)[];
    } = {},
  ): SyncWorld {
    this.#admit();
    const seed = options.seed ?? ('seed' in definition ? definition.seed : undefined);
    const world = this.#worlds.create(name, definition, {
      ...(seed !== undefined && { seed }),
      ...(options.resources !== undefined && { resources: options.resources }),
    });
    this.#audit.watch(world);
    return world;
  }

  /** As `ArchetypeRuntime.worlds`. */
  worlds(): readonly StoredWorld[] {
    this.#admit();
    return this.#worlds.list();
  }

  /**
   * As `ArchetypeRuntime.resume`. A world for which accepted commands wait is for the asynchronous runtime, whose gate does
   * them.
   *
   * @throws `world_not_found`, `world_ambiguous`, `world_destroyed`, `resource_missing`, `schema_conflict`, `world_in_use`
   */
  resume(
    idOrName: string,
    simulation: Simulation | SimulationDefinition,
    options?: ResumeOptions,
  ): SyncWorld {
    this.#admit();
    const world = this.#worlds.resume(idOrName, simulation, options);
    this.#audit.watch(world);
    this.#audit.note('resume_world', world, { name: world.name });
    return world;
  }

  /** As `ArchetypeRuntime.attach`. @throws `world_not_found`, `world_ambiguous` */
  attach(idOrName: string): SyncWorldReader {
    this.#admit();
    return this.#worlds.attach(idOrName);
  }

  /** As `ArchetypeRuntime.audit`. @throws `invalid_argument` */
  audit(query: AuditPageQuery = {}): AuditPage {
    return this.#thread().ask('audit', query);
  }

  /** As `ArchetypeRuntime.verifyAudit`. @throws `invalid_argument` */
  verifyAudit(kept?: AuditHead): AuditVerdict {
    return this.#thread().ask('verifyAudit', kept);
  }

  /** Closes worlds, moves everything into parts, closes the store. Stored worlds stay. Idempotent. @throws `close_failed` */
  close(): void {
    if (this.#closed) return;
    this.#worlds.close();
    this.#closed = true;
    this.#channel?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #thread(): ThreadChannel {
    this.#admit();
    return (this.#channel ??= new ThreadChannel(this.#storage, this.#logger));
  }

  /** @throws `world_in_use` */
  #promised({ world, name }: StoredWorld): number {
    const { waiting, held } = this.#thread().ask('promised', world);
    if (waiting === 0) return held;
    throw new ArchetypeError(
      'world_in_use',
      `${waiting} accepted commands wait for world "${name}", and only the gate of the asynchronous runtime does them; resume it there and step it, or cancel them.`,
    );
  }

  #admit(): void {
    if (this.#closed)
      throw new ArchetypeError('store_closed', 'The runtime is closed; make a new one.');
  }
}
