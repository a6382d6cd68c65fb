import type { Actor, Json } from '@archetype/core';
import type { Receipt } from '../command/command.ts';
import type { CommandInputOf, DeferredInput } from '../gate/decode.ts';
import type { ExecuteOptions, Gate, Outcome } from '../gate/gate.ts';
import type { CommandType, ResultOf } from '../operations/operations.ts';
import type { WorldSummary } from '../operations/services.ts';
import { ActorWorld } from './actor-world.ts';

/**
 * The gate as one actor stands before it. Every command passes in this order: decoded, authorised, charged, held against
 * its world, done, audited.
 */
export class ActorGate {
  readonly actor: Actor;
  readonly #gate: Gate;

  /** Made by `app.as(actor)`. */
  constructor(gate: Gate, actor: Actor) {
    this.#gate = gate;
    this.actor = actor;
  }

  /** A world as this actor sees it, by its id; whether there is one is asked with the first command. */
  world(id: string): ActorWorld {
    return new ActorWorld(this, id);
  }

  /** A new world of a simulation that the app knows; the only one there is, unless named. @throws as `execute`, `simulation_not_found`, `world_exists` */
  async createWorld(payload: {
    readonly name: string;
    readonly simulation?: string;
    readonly seed?: number;
    readonly resources?: Record<string, Json>;
  }): Promise<ActorWorld> {
    const { result } = await this.execute({ type: 'create_world', payload });
    return this.world(result.world);
  }

  /** Every world that this actor may have to do with. */
  async worlds(): Promise<readonly WorldSummary[]> {
    return (await this.execute({ type: 'list_worlds' })).result;
  }

  /**
   * Does a command at once; a mutation is staged for the next tick, and durable when this resolves.
   *
   * @throws `invalid_command`, `forbidden`, `quota_exceeded`, `budget_exceeded`, `idempotency_conflict`, `app_closed`, and
   * what the operation throws
   * @example await gate.execute({ type: 'spawn', world, payload: { components: [{ type: 'Position', x: 1 }] } });
   */
  async execute<const T extends CommandType>(
    command: CommandInputOf<T>,
    options?: ExecuteOptions,
  ): Promise<Outcome<ResultOf<T>>> {
    return (await this.#gate.execute(this.actor, command, options)) as Outcome<ResultOf<T>>;
  }

  /**
   * Puts a command into its world's queue: the tick that it names applies it, or rejects it alone. Durable when this
   * resolves.
   *
   * @throws as `execute`, and `not_deferrable`
   */
  submit(command: DeferredInput): Promise<Receipt> {
    return this.#gate.submit(this.actor, command);
  }

  /** Puts up to 1000 commands into their queues, all of them or none. @throws as `submit`, for the first that is refused */
  submitBatch(commands: readonly DeferredInput[]): Promise<readonly Receipt[]> {
    return this.#gate.submitBatch(this.actor, commands);
  }
}
