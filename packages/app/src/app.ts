import {
  ArchetypeError,
  type Actor,
  type CreateOptions,
  type Logger,
  type ResumeOptions,
  type Simulation,
  type SimulationDefinition,
  type Store,
  type StoredWorld,
  type WorldReader,
} from '@archetype/core';
import type { AuditHead } from './audit/chain.ts';
import type { AuditPage, AuditPageQuery } from './audit/page.ts';
import { checkLevel, type TrustedAuditLevel } from './audit/trusted.ts';
import { verifyTrail, type AuditVerdict } from './audit/verify.ts';
import { closeAll } from './close-all.ts';
import { checkActor } from './command/actor.ts';
import { printed } from './command/printed.ts';
import type { Executor } from './executor/executor.ts';
import { Ancestry } from './gate/ancestry.ts';
import { Gate } from './gate/gate.ts';
import { createPolicy, type AccessPolicy } from './gate/policy.ts';
import { Host } from './host.ts';
import { commandTypes } from './operations/operations.ts';
import { checkQuotas, type QuotaOptions } from './quota/limits.ts';
import { Quotas } from './quota/quotas.ts';
import { register, type RegisteredOptions } from './registered.ts';
import { ActorGate } from './world/actor-gate.ts';
import type { RuntimeWorld } from './world/runtime-world.ts';

export interface AppOptions extends RegisteredOptions {
  /** A store, or how to open one; it is opened when it is first needed. */
  readonly store: Store | (() => Promise<Store>);
  /** Who may do what; the roles viewer, player, operator and admin unless told. */
  readonly policy?: AccessPolicy;
  /** How much of it; 500 commands in a tick of a world and 200 000 tokens a day unless told. */
  readonly quotas?: QuotaOptions;
  /** Which calls of the process's own code are audited; `lifecycle` unless told. */
  readonly trustedAudit?: TrustedAuditLevel;
  /** Where rollouts run that come through the gate; in this process unless told. */
  readonly executor?: Executor;
  /** Where worlds, processors and the app log; the console unless told. */
  readonly logger?: Logger;
  /** Milliseconds since the epoch, for rows of the trail and days of quotas; the system's unless told. */
  readonly clock?: () => number;
  /** How the store is closed with the app; by its own `close` unless told. */
  readonly closeStore?: () => Promise<void>;
}

/**
 * Worlds over a store: trusted calls for the code that runs them, and a gate for everybody else. At most one app writes a
 * store at a time.
 *
 * @throws `invalid_argument`
 * @example
 * await using app = createApp({ store: new MemoryStore(), simulations: [arena] });
 * const first = await app.as({ id: 'ann', roles: ['admin'] }).createWorld({ name: 'first' });
 * await first.run({ steps: 10 });
 */
export const createApp = (options: AppOptions): App => new App(options);

/** Made by `createApp`. */
export class App {
  readonly #host: Host;
  readonly #gate: Gate;
  readonly #closeStore: (() => Promise<void>) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: AppOptions) {
    const {
      store,
      logger = console,
      clock = Date.now,
      trustedAudit = 'lifecycle',
      policy = createPolicy(),
    } = options ?? {};
    if (store === undefined) throw refused('no store', 'one, for example new MemoryStore()');
    checkLevel(trustedAudit);
    if (!(policy?.grants instanceof Map))
      throw refused(`policy: ${printed(policy)}`, 'what createPolicy returned');
    const limits = checkQuotas(options.quotas ?? {}, new Set(commandTypes));
    const quotas = new Quotas(clock);
    this.#closeStore = options.closeStore;
    this.#host = new Host({
      store,
      registered: register(options),
      executor: options.executor,
      logger: unthrowing(logger),
      clock,
      trustedAudit,
      quotas,
      as: (actor) => this.as(actor),
    });
    this.#gate = new Gate({
      services: this.#host,
      policy,
      quotas,
      limits,
      clock,
      ancestors: new Ancestry(this.#host).of,
      inFlight: this.#host.inFlight,
      ready: this.#host.ready,
      silently: this.#host.trusted.silently,
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
    return this.#host.world(name, simulation, options);
  }

  /**
   * Trusted: goes on with a stored world, with the commands that wait for it.
   *
   * @throws as `Worlds.resume`
   */
  async resume(
    idOrName: string,
    simulation: Simulation | SimulationDefinition,
    options?: ResumeOptions,
  ): Promise<RuntimeWorld> {
    this.#admit();
    const world = await this.#host.resume(idOrName, simulation, options);
    if (this.#closing !== undefined) {
      await world.close();
      this.#admit();
    }
    this.#host.trusted.note('resume_world', world, { name: world.name });
    return world;
  }

  /** Trusted: a stored world to read. @throws `world_not_found`, `world_ambiguous` */
  attach(idOrName: string): Promise<WorldReader> {
    return this.#host.attach(idOrName);
  }

  /** Trusted: every stored world, in order of creation. */
  list(): Promise<readonly StoredWorld[]> {
    return this.#host.list();
  }

  /** Trusted: a page of the audit trail, newest first, with what became of the commands. @throws `invalid_argument` */
  audit(query: AuditPageQuery = {}): Promise<AuditPage> {
    return this.#host.audit(query);
  }

  /**
   * Holds the trail against its hashes. `kept` is the head of an earlier verification: with it, rows that were cut off the
   * end are found too.
   *
   * @throws `invalid_argument`
   */
  async verifyAudit(kept?: AuditHead): Promise<AuditVerdict> {
    await this.#host.trail.flush();
    return verifyTrail(await this.#host.store(), kept);
  }

  /**
   * Lets no more commands in, waits for those under way, closes worlds, writes what waits to be written, closes the store.
   * Stored worlds and queued commands stay. Tries everything. Idempotent.
   *
   * @throws `close_failed`, naming everything that went wrong; `reentrant_step` inside a command
   */
  close(): Promise<void> {
    if (this.#closing === undefined && this.#gate.here) {
      return Promise.reject(
        new ArchetypeError(
          'reentrant_step',
          'The app was asked to close by code that runs inside one of its commands, and would wait for itself; close it when the command is over.',
        ),
      );
    }
    this.#closing ??= closeAll('The app', [
      () => this.#gate.close(),
      () => this.#host.closeWorlds(),
      () => this.#host.trail.close(),
      this.#closeStore ?? (() => this.#host.closeStore()),
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
}

/** A log that cannot be written stops nothing: there is nobody left to tell. */
function unthrowing(logger: Logger): Logger {
  const at =
    (level: keyof Logger): Logger['error'] =>
    (message, fields) => {
      try {
        logger[level](message, fields);
      } catch {
        // As said above.
      }
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const refused = (was: string, wanted: string): ArchetypeError =>
  new ArchetypeError('invalid_argument', `An app was given ${was}; give ${wanted}.`);
