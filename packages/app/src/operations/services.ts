import type {
  Actor,
  HookDefinition,
  HookWorld,
  Json,
  Logger,
  Processor,
  Simulation,
  Store,
  StoredWorld,
  World,
  WorldReader,
} from '@archetype/core';
import type { AuditTrail } from '../audit/trail.ts';
import type { Broker } from '../broker/broker.ts';
import type { Executor } from '../executor/executor.ts';
import type { AddedHooks } from './added-hooks.ts';

/**
 * Does what a custom command asks for: what it stages belongs to the command, whole or not at all. It does so at once, not
 * later. It is called again with the same command when the process ended before a tick applied it.
 *
 * @example handlers: { gift: (world, payload) => void world.spawn(Gift({ worth: Number(payload) })) }
 */
export type CustomHandler = (
  world: Omit<HookWorld, 'discard'>,
  payload: Json,
  about: { readonly actor: Actor; readonly command: string },
) => void;

/** What operations work with. None of it knows who asks. */
export interface Services {
  readonly store: () => Promise<Store>;
  readonly simulations: ReadonlyMap<string, Simulation>;
  readonly processors: ReadonlyMap<string, Processor>;
  readonly hooks: ReadonlyMap<string, HookDefinition>;
  readonly handlers: ReadonlyMap<string, CustomHandler>;
  readonly executor: Executor | undefined;
  readonly logger: Logger;
  readonly broker: Broker;
  readonly trail: AuditTrail;
  readonly addedHooks: AddedHooks;
  /** A world of this process. @throws `world_closed` when it is only stored, `world_not_found` */
  live(id: string): Promise<World>;
  /** Runs what settles commands of a world, while that neither begins nor ends. @throws `world_closed` */
  accepting<T>(world: string, work: () => Promise<T>): Promise<T>;
  /** A world of this process, if it is one. */
  liveNow(id: string): World | undefined;
  /** What the store knows of a world. @throws `world_not_found` */
  stored(id: string): Promise<StoredWorld>;
  /** A world as it is stored, to be read. @throws `world_not_found` */
  attach(id: string): Promise<WorldReader>;
  /** Every world, running or only stored. */
  summaries(): Promise<readonly WorldSummary[]>;
  create(
    name: string,
    simulation: Simulation,
    options: { readonly seed?: number; readonly resources?: Readonly<Record<string, Json>> },
  ): Promise<World>;
  resume(id: string, simulation: Simulation): Promise<World>;
  destroy(id: string): Promise<void>;
}

/** A world as it is listed. */
export interface WorldSummary {
  readonly id: string;
  readonly run: string;
  readonly name: string;
  /** The last committed tick; 0 while unstarted. */
  readonly tick: number;
  readonly started: boolean;
  /** Whether this process runs it. */
  readonly live: boolean;
  readonly destroyed: boolean;
}
