import type { Actor } from '@archetype/core';
import type { Receipt } from '../command/command.ts';
import type { CommandInput } from '../gate/decode.ts';
import type { ExecuteOptions, Gate, Outcome } from '../gate/gate.ts';
import { ActorWorld } from './actor-world.ts';

/** The gate as one actor stands before it. */
export class ActorGate {
  readonly actor: Actor;
  readonly #gate: Gate;

  /** Made by `app.as(actor)`. */
  constructor(gate: Gate, actor: Actor) {
    this.#gate = gate;
    this.actor = actor;
  }

  /** A world as this actor sees it; whether there is one is asked with the first command. */
  world(id: string): ActorWorld {
    return new ActorWorld(this, id);
  }

  /** As `Gate.execute`. */
  execute(command: CommandInput, options?: ExecuteOptions): Promise<Outcome> {
    return this.#gate.execute(this.actor, command, options);
  }

  /** As `Gate.submit`. */
  submit(command: CommandInput): Promise<Receipt> {
    return this.#gate.submit(this.actor, command);
  }

  /** As `Gate.submitBatch`. */
  submitBatch(commands: readonly CommandInput[]): Promise<readonly Receipt[]> {
    return this.#gate.submitBatch(this.actor, commands);
  }
}
