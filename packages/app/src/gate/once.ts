import { ArchetypeError, type Store, type StoredCommand } from '@archetype/core';
import { digestOf } from '../command/canonical.ts';
import type { Command } from '../command/command.ts';

/** A command that is under way for the first time. */
interface Running {
  readonly command: Command;
  readonly done: Promise<unknown>;
}

/** The turn of a command that nobody else has under way. */
export interface Turn {
  readonly kind: 'turn';
  /** It came before this process began, or has ended here already. @throws `idempotency_conflict` */
  first(): Promise<StoredCommand | undefined>;
  /** What it gives, for whoever came with the same key meanwhile. */
  end(result: Promise<unknown>): void;
}

/** Sees to it that a command which comes again happens once: by its id, and by its actor and idempotency key. */
export class Once {
  readonly #store: () => Promise<Store>;
  readonly #running = new Map<string, Running>();

  constructor(store: () => Promise<Store>) {
    this.#store = store;
  }

  /**
   * The command's turn, or the same command that is under way. Undefined for one that cannot come again.
   *
   * @throws `idempotency_conflict` when the same key is under way with something else
   */
  enter(command: Command): Turn | ({ readonly kind: 'running' } & Running) | undefined {
    const keys = keysOf(command);
    if (keys.length === 0) return undefined;
    for (const key of keys) {
      const running = this.#running.get(key);
      if (running === undefined) continue;
      requireSame(command, running.command);
      return { kind: 'running', ...running };
    }
    const { promise, resolve } = Promise.withResolvers<unknown>();
    promise.catch(() => undefined);
    for (const key of keys) this.#running.set(key, { command, done: promise });
    return {
      kind: 'turn',
      first: () => this.#first(command),
      end: (result) => {
        for (const key of keys) this.#running.delete(key);
        resolve(result);
      },
    };
  }

  async #first(command: Command): Promise<StoredCommand | undefined> {
    const { id, given, actor, idempotencyKey } = command;
    const store = await this.#store();
    const byKey =
      idempotencyKey === undefined ? [] : await store.commands({ actor: actor.id, idempotencyKey });
    const found = byKey[0] ?? (given ? (await store.commands({ id }))[0] : undefined);
    if (found !== undefined)
      requireSame(command, { ...found, payloadDigest: digestOf(found.payload) });
    return found;
  }
}

const keysOf = ({ id, given, actor, idempotencyKey }: Command): readonly string[] => [
  ...(given ? [`id ${id}`] : []),
  ...(idempotencyKey === undefined ? [] : [`key ${actor.id}\n${idempotencyKey}`]),
];

type Compared = Pick<Command, 'type' | 'tick' | 'priority' | 'actor' | 'payloadDigest'> & {
  readonly world?: string | undefined;
};

function requireSame(command: Command, first: Compared): void {
  const same =
    command.type === first.type &&
    command.world === first.world &&
    command.tick === first.tick &&
    command.priority === first.priority &&
    command.actor.id === first.actor.id &&
    command.payloadDigest === first.payloadDigest;
  if (same) return;
  const what =
    command.idempotencyKey === undefined
      ? `id ${command.id}`
      : `idempotency key "${command.idempotencyKey}"`;
  throw new ArchetypeError(
    'idempotency_conflict',
    `The ${what} came before with another command; use a new one for other content.`,
  );
}
