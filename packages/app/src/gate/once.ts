import { ArchetypeError, type Store, type StoredCommand } from '@archetype/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { digestOf } from '../command/canonical.ts';
import type { Command } from '../command/command.ts';

/** What a command that came before is: one of the store, or an earlier one of the same batch. */
export type Before = ReadonlyMap<Command, StoredCommand | Command>;

const NOTHING: Before = new Map();

/**
 * Sees to it that a command which comes again happens once: by its id, and by its actor and idempotency key. Whoever comes
 * with the same key meanwhile waits until it is known what became of the first.
 */
export class Once {
  readonly #store: () => Promise<Store>;
  readonly #running = new Map<string, Promise<unknown>>();
  /** Keys of the commands inside of which code runs. */
  readonly #held = new AsyncLocalStorage<readonly string[]>();

  constructor(store: () => Promise<Store>) {
    this.#store = store;
  }

  /**
   * Does `work`, which is told which of the commands came before.
   *
   * @throws `idempotency_conflict` when one of them came before with something else
   */
  async run<T>(commands: readonly Command[], work: (before: Before) => Promise<T>): Promise<T> {
    const keys = commands.flatMap(keysOf);
    if (keys.length === 0) return work(NOTHING);
    const held = this.#held.getStore() ?? [];
    const own = keys.find((key) => held.includes(key));
    if (own !== undefined) throw insideItself(own);
    // Nothing is held while others are waited for, so two batches cannot wait for each other.
    for (let busy; (busy = keys.find((key) => this.#running.has(key))) !== undefined;)
      await this.#running.get(busy);
    const done = this.#held.run([...held, ...keys], async () => work(await this.#before(commands)));
    const over = done.then(
      () => undefined,
      () => undefined,
    );
    for (const key of keys) this.#running.set(key, over);
    try {
      return await done;
    } finally {
      for (const key of keys) this.#running.delete(key);
    }
  }

  async #before(commands: readonly Command[]): Promise<Before> {
    const store = await this.#store();
    const found = new Map<Command, StoredCommand | Command>();
    const seen = new Map<string, StoredCommand | Command>();
    for (const command of commands) {
      const keys = keysOf(command);
      const twin = keys.map((key) => seen.get(key)).find((other) => other !== undefined);
      const first = twin ?? (await storedFirst(store, command));
      if (first !== undefined) {
        requireSame(command, first);
        found.set(command, first);
      }
      for (const key of keys) if (!seen.has(key)) seen.set(key, first ?? command);
    }
    return found;
  }
}

const keysOf = ({ id, given, actor, idempotencyKey }: Command): readonly string[] => [
  ...(given ? [`id ${id}`] : []),
  ...(idempotencyKey === undefined ? [] : [`key ${actor.id}\n${idempotencyKey}`]),
];

async function storedFirst(
  store: Store,
  { id, given, actor, idempotencyKey }: Command,
): Promise<StoredCommand | undefined> {
  if (idempotencyKey !== undefined) {
    const [found] = await store.commands({ actor: actor.id, idempotencyKey });
    if (found !== undefined) return found;
  }
  return given ? (await store.commands({ id }))[0] : undefined;
}

const insideItself = (key: string): ArchetypeError =>
  new ArchetypeError(
    'idempotency_conflict',
    `A command with the ${key.startsWith('id ') ? key : 'same idempotency key'} is being done, and this one was sent from inside of it; it would wait for itself. Use another key.`,
  );

function requireSame(command: Command, first: StoredCommand | Command): void {
  const digest = 'payloadDigest' in first ? first.payloadDigest : digestOf(first.payload);
  const same =
    command.type === first.type &&
    command.world === first.world &&
    command.tick === first.tick &&
    command.priority === first.priority &&
    command.actor.id === first.actor.id &&
    command.payloadDigest === digest;
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
