import {
  ArchetypeError,
  toJson,
  type Actor,
  type Json,
  type SettledCommand,
  type StoredCommand,
  type World,
} from '@archetype/core';
import type { CommandDraft, TrailEntry } from '../audit/trail.ts';
import { checkActor } from '../command/actor.ts';
import type { Command, Receipt } from '../command/command.ts';
import type {
  DirectOperation,
  MutationOperation,
  Operation,
  Plan,
} from '../operations/operation.ts';
import { operationOf } from '../operations/operations.ts';
import type { Services } from '../operations/services.ts';
import { limitsFor, tokensOf, type ActorLimits, type QuotaOptions } from '../quota/limits.ts';
import type { Charge, Quotas, Reservation } from '../quota/quotas.ts';
import { decode, typeGiven } from './decode.ts';
import { Once, type Turn } from './once.ts';
import { codeOf, rowOf, statusOf, type Passage } from './passage.ts';
import { requireGrant, type AccessPolicy } from './policy.ts';
import { reaches, requireReach, type Ancestors } from './reach.ts';

/** What a gate is made of. */
export interface GateParts {
  readonly services: Services;
  readonly policy: AccessPolicy;
  readonly quotas: Quotas;
  readonly limits: QuotaOptions;
  readonly clock: () => number;
  readonly ancestors: Ancestors;
  /** Resolves when queue, trail and counters are as they were left. */
  readonly ready: () => Promise<void>;
  /** Runs what was let through, so that it is not taken for a call of the host's own. */
  readonly inside: <T>(work: () => T) => T;
}

/** What a command gave that was done at once. */
export interface Outcome<R = unknown> {
  readonly command: string;
  readonly result: R;
  /** It had been done before, under the same key: this is what it gave then. */
  readonly replayed: boolean;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Json) => void;
}

interface Admitted {
  readonly passage: Passage;
  readonly command: Command;
  readonly operation: Operation;
}

const MAX_MESSAGE = 500;

/**
 * The one entrance for everything from outside: decode, authorise, quota, validate, delegate, audit. What is behind it knows
 * no actor.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #once: Once;
  readonly #under = new Set<Promise<unknown>>();
  readonly #limits = new WeakMap<Actor, ActorLimits>();
  #closed = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#once = new Once(parts.services.store);
  }

  /**
   * Does a command at once; a mutation is staged for the next tick, and durable when this resolves.
   *
   * @throws `invalid_command`, `forbidden`, `quota_exceeded`, `budget_exceeded`, `idempotency_conflict`, and what the
   * operation throws
   */
  execute(actor: Actor, input: unknown, options: ExecuteOptions = {}): Promise<Outcome> {
    return this.#admit(actor, [input], async ([passage]) => {
      const admitted = await this.#letThrough(passage!, input);
      const { command, operation } = admitted;
      if (command.tick !== 0 || command.priority !== 0) {
        throw new ArchetypeError(
          'invalid_command',
          `A ${command.type} that is done at once names no tick and no priority; submit it to have it wait for tick ${command.tick}.`,
        );
      }
      return this.#firstTime(admitted, async () => {
        const reservation = await this.#charge([admitted]);
        if (operation.effect === 'mutation')
          return this.#mutate(passage!, operation, command, reservation);
        return operation.effect === 'change'
          ? this.#change(passage!, operation, command, reservation, options)
          : this.#read(passage!, operation, command, options);
      });
    });
  }

  /** Does a command that has not come before; for one that has, gives what it gave. */
  async #firstTime(
    { passage, command, operation }: Admitted,
    work: () => Promise<unknown>,
  ): Promise<Outcome> {
    const replay = (id: string, result: unknown): Outcome => {
      this.#note(passage, 'applied', 'replayed');
      return { command: id, result, replayed: true };
    };
    const entered = this.#once.enter(command);
    if (entered === undefined)
      return { command: command.id, result: await work(), replayed: false };
    if (entered.kind === 'running') return replay(entered.command.id, await entered.done);
    const done = (async (): Promise<Outcome> => {
      const first = await entered.first();
      if (first !== undefined) return replay(first.id, resultOf(operation, first));
      return { command: command.id, result: await work(), replayed: false };
    })();
    const end = (): void => entered.end(done.then(({ result }) => result));
    done.then(end, end);
    return done;
  }

  /**
   * Puts a command into its world's queue: the tick that it names applies it, or rejects it alone. Durable when this
   * resolves.
   *
   * @throws as `execute`, and `not_deferrable`
   */
  async submit(actor: Actor, input: unknown): Promise<Receipt> {
    const [receipt] = await this.submitBatch(actor, [input]);
    return receipt!;
  }

  /** Puts commands into their queues, all of them or none. @throws as `submit`, for the first that is refused */
  submitBatch(actor: Actor, inputs: readonly unknown[]): Promise<readonly Receipt[]> {
    if (!Array.isArray(inputs)) {
      return Promise.reject(
        new ArchetypeError('invalid_argument', 'A batch was no list; give a list of commands.'),
      );
    }
    return this.#admit(actor, inputs, async (passages) => {
      const admitted: Admitted[] = [];
      for (const [k, passage] of passages.entries())
        admitted.push(await this.#letThrough(passage, inputs[k]));
      for (const { operation } of admitted) requireDeferrable(operation);
      return this.#queue(admitted);
    });
  }

  /** Lets nobody in any more, and waits for those who are. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#under);
  }

  /** Gives each command a passage; whoever is turned back has a row all the same. */
  #admit<T>(
    given: Actor,
    inputs: readonly unknown[],
    work: (passages: readonly Passage[]) => Promise<T>,
  ): Promise<T> {
    const under = (async () => {
      if (this.#closed) {
        throw new ArchetypeError(
          'app_closed',
          'The host is closing and lets no more commands in; send it again when it is back.',
        );
      }
      const actor = checkActor(given);
      const { ready, services, clock } = this.#parts;
      const [acceptedAt, began] = [clock(), performance.now()];
      await ready();
      services.trail.requireRoom();
      const passages = inputs.map((input): Passage => ({
        actor,
        type: typeGiven(input),
        acceptedAt,
        began,
        command: undefined,
        tick: undefined,
        recorded: false,
        running: false,
      }));
      try {
        return await work(passages);
      } catch (error) {
        for (const passage of passages)
          if (!passage.recorded) this.#note(passage, statusOf(error, passage), codeOf(error));
        throw error;
      }
    })();
    this.#under.add(under);
    const leave = (): void => void this.#under.delete(under);
    under.then(leave, leave);
    return under;
  }

  #note(passage: Passage, status: Parameters<typeof rowOf>[1], code?: string): void {
    const { clock, services } = this.#parts;
    passage.recorded = true;
    const more = { finishedAt: clock(), ...(code !== undefined && { code }) };
    services.trail.note({ row: rowOf(passage, status, more) });
  }

  async #letThrough(passage: Passage, input: unknown): Promise<Admitted> {
    const { policy, services, ancestors } = this.#parts;
    const command = decode(input, passage.actor);
    passage.command = command;
    if (command.world !== undefined) passage.tick = services.liveNow(command.world)?.tick;
    const operation = operationOf(command.type)!;
    await requireGrant(policy, command);
    // What tells of many worlds is narrowed instead.
    const narrowed = operation.effect !== 'mutation' && operation.narrow !== undefined;
    if (passage.actor.worlds !== undefined && !narrowed) {
      const world = command.world ?? (await operation.concerns?.(services, command.payload));
      await requireReach(passage.actor, command.type, world, ancestors);
    }
    return { passage, command, operation };
  }

  #limitsOf(actor: Actor): ActorLimits {
    let limits = this.#limits.get(actor);
    if (limits === undefined)
      this.#limits.set(actor, (limits = limitsFor(this.#parts.limits, actor.roles)));
    return limits;
  }

  /** Checks what all of them cost, then charges it. */
  async #charge(admitted: readonly Admitted[]): Promise<Reservation> {
    const { quotas } = this.#parts;
    const { actor } = admitted[0]!.passage;
    const own = this.#limitsOf(actor);
    const charges = await Promise.all(
      admitted.map(async ({ command, operation }): Promise<Charge> => ({
        at: await this.#tickOf(command),
        tokens: tokensOf(own.cost(command.type, operation.cost), partsOf(operation, command)),
      })),
    );
    return quotas.reserve(actor.id, own, charges);
  }

  /** Where a command is counted; a world that there is not counts nothing, and is refused later. */
  async #tickOf({ world }: Command): Promise<Charge['at']> {
    if (world === undefined) return undefined;
    const { services } = this.#parts;
    const live = services.liveNow(world);
    if (live !== undefined) return { world, tick: live.tick };
    const stored = (await (await services.store()).worlds()).find((other) => other.world === world);
    return stored && { world, tick: Math.max(0, stored.newestTick) };
  }

  async #mutate(
    passage: Passage,
    operation: MutationOperation,
    command: Command,
    reservation: Reservation,
  ): Promise<Receipt> {
    const { services } = this.#parts;
    const world = await services.live(command.world!);
    const plan = operation.plan(services, command, world);
    // Ids come last: what is refused uses none.
    if (plan.unchecked !== true) world.check((stage) => plan.work(stage, 1));
    const entities = reserved(world, plan);
    await this.#accept(
      [{ row: rowOf(passage, 'accepted'), command: draftOf(passage, command, entities, false) }],
      reservation,
    );
    passage.recorded = true;
    try {
      world.enact(command.id, (stage) => plan.work(stage, entities[0] ?? 0));
      plan.also?.();
    } catch (error) {
      // The world went on while it was written down, and it cannot be done any more.
      await services.trail.accept([{ settled: failedEnd(command.id, error, undefined) }]);
      throw error;
    }
    return { command: command.id, entities };
  }

  async #queue(admitted: readonly Admitted[]): Promise<readonly Receipt[]> {
    const receipts = new Map<Command, Receipt | Promise<Receipt>>();
    const turns: { readonly one: Admitted; readonly turn: Turn }[] = [];
    const fresh: Admitted[] = [];
    const queued = Promise.withResolvers<ReadonlyMap<Command, Receipt>>();
    queued.promise.catch(() => undefined);
    try {
      for (const one of admitted) {
        const entered = this.#once.enter(one.command);
        if (entered === undefined) fresh.push(one);
        else if (entered.kind === 'turn') turns.push({ one, turn: entered });
        else {
          this.#note(one.passage, 'applied', 'replayed');
          receipts.set(one.command, entered.done as Promise<Receipt>);
        }
      }
      for (const { one, turn } of turns) {
        const first = await turn.first();
        if (first === undefined) fresh.push(one);
        else {
          this.#note(one.passage, 'applied', 'replayed');
          receipts.set(one.command, receiptOf(first));
        }
      }
      fresh.sort((a, b) => admitted.indexOf(a) - admitted.indexOf(b));
      queued.resolve(fresh.length === 0 ? new Map() : await this.#acceptAll(fresh));
    } catch (error) {
      queued.reject(error);
    }
    for (const { one, turn } of turns)
      turn.end(queued.promise.then((given) => given.get(one.command) ?? receipts.get(one.command)));
    const given = await queued.promise;
    const answers = admitted.map(
      async ({ command }) => given.get(command) ?? receipts.get(command)!,
    );
    return Promise.all(answers);
  }

  async #acceptAll(fresh: readonly Admitted[]): Promise<ReadonlyMap<Command, Receipt>> {
    const { services } = this.#parts;
    const receipts = new Map<Command, Receipt>();
    const reservation = await this.#charge(fresh);
    const planned: { one: Admitted; world: World; plan: Plan }[] = [];
    for (const one of fresh) {
      const world = await services.live(one.command.world!);
      const plan = (one.operation as MutationOperation).plan(services, one.command, world);
      planned.push({ one, world, plan });
    }
    const entries = planned.map(({ one: { passage, command }, world, plan }) => {
      const entities = reserved(world, plan);
      receipts.set(command, { command: command.id, entities });
      return {
        row: rowOf(passage, 'queued'),
        command: draftOf(passage, command, entities, true),
      };
    });
    const positions = await this.#accept(entries, reservation);
    for (const [k, { one, world, plan }] of planned.entries()) {
      one.passage.recorded = true;
      const { command } = one;
      if (services.liveNow(world.id) !== world) continue;
      const first = receipts.get(command)!.entities[0] ?? 0;
      services.broker.submit(world.id, {
        record: { ...command, sequence: positions[k]! },
        work: (stage) => plan.work(stage, first),
      });
    }
    return receipts;
  }

  /** What was not written down was not used. */
  async #accept(
    entries: readonly TrailEntry[],
    reservation: Reservation,
  ): Promise<readonly number[]> {
    try {
      return await this.#parts.services.trail.accept(entries);
    } catch (error) {
      reservation.release();
      throw error;
    }
  }

  async #change(
    passage: Passage,
    operation: DirectOperation,
    command: Command,
    reservation: Reservation,
    options: ExecuteOptions,
  ): Promise<unknown> {
    const { services, clock, inside } = this.#parts;
    await operation.check?.(services, command);
    await this.#accept(
      [{ row: rowOf(passage, 'accepted'), command: draftOf(passage, command, [], false) }],
      reservation,
    );
    passage.recorded = true;
    passage.running = true;
    const cost = this.#limitsOf(passage.actor).cost(command.type, operation.cost);
    const before = services.liveNow(command.world ?? '')?.tick;
    let result: unknown;
    try {
      result = await inside(() => operation.run(services, command, givenOf(options)));
    } catch (error) {
      const after = services.liveNow(command.world ?? '')?.tick;
      const parts = partsOf(operation, command);
      if (parts.length === 1 && before !== undefined && after !== undefined)
        reservation.settle(tokensOf(cost, [Math.min(parts[0]!, after - before)]));
      await this.#settle(command, failedEnd(command.id, error, clock()));
      throw error;
    }
    if (operation.spent !== undefined) reservation.settle(tokensOf(cost, operation.spent(result)));
    const kept = toJson(operation.kept?.(result) ?? result, `What ${command.type} gave`);
    await this.#settle(command, {
      command: command.id,
      status: 'applied',
      result: kept,
      finishedAt: clock(),
    });
    return result;
  }

  /** Whoever may ask again with the same key has to find the end; for others it is written soon. */
  async #settle({ given, idempotencyKey }: Command, settled: SettledCommand): Promise<void> {
    const { trail } = this.#parts.services;
    if (given || idempotencyKey !== undefined) await trail.accept([{ settled }]);
    else trail.note({ settled });
  }

  async #read(
    passage: Passage,
    operation: DirectOperation,
    command: Command,
    options: ExecuteOptions,
  ): Promise<unknown> {
    const { services, inside, ancestors } = this.#parts;
    passage.running = true;
    const result = await inside(() => operation.run(services, command, givenOf(options)));
    this.#note(passage, 'applied');
    if (command.actor.worlds === undefined || operation.narrow === undefined) return result;
    return operation.narrow(result, (world) => reaches(command.actor, world, ancestors));
  }
}

const givenOf = ({ signal, onProgress }: ExecuteOptions) => ({
  signal: signal ?? new AbortController().signal,
  onProgress,
});

const partsOf = (operation: Operation, { payload }: Command): readonly number[] =>
  operation.parts?.(payload) ?? [0];

/** Ids for the entities that a plan bears. */
function reserved(world: World, { births }: Plan): readonly number[] {
  if (births === 0) return [];
  const first = world.reserve(births);
  return Array.from({ length: births }, (_, k) => first + k);
}

const draftOf = (
  { acceptedAt }: Passage,
  { id, type, written, world, tick, priority, actor, idempotencyKey }: Command,
  entities: readonly number[],
  deferred: boolean,
): CommandDraft => ({
  id,
  type,
  payload: written,
  ...(world !== undefined && { world }),
  tick,
  priority,
  actor,
  ...(idempotencyKey !== undefined && { idempotencyKey }),
  ...(entities.length > 0 && { reserved: entities }),
  ...(deferred && { deferred }),
  acceptedAt,
});

const failedEnd = (
  command: string,
  error: unknown,
  finishedAt: number | undefined,
): SettledCommand => ({
  command,
  status: 'rejected',
  code: codeOf(error),
  message: (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE),
  ...(finishedAt !== undefined && { finishedAt }),
});

const receiptOf = ({ id, reserved: entities = [] }: StoredCommand): Receipt => ({
  command: id,
  entities,
});

/** What a command gave when it came first. @throws what it threw then */
function resultOf(operation: Operation, first: StoredCommand): unknown {
  if (operation.effect === 'mutation') return receiptOf(first);
  if (first.status === 'applied') return first.result;
  throw new ArchetypeError(
    (first.code ?? 'interrupted') as 'interrupted',
    first.message ?? 'The process ended while it ran; look at how far its world came.',
  );
}

function requireDeferrable({ type, deferrable }: Operation): void {
  if (deferrable) return;
  throw new ArchetypeError(
    'not_deferrable',
    `A ${type} cannot wait for a tick; execute it. Entity, message and custom commands can be submitted.`,
  );
}
