import { ArchetypeError, codeOf, type Actor, type Json } from '@archetype/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { checkActor } from '../command/actor.ts';
import type { Command, Receipt } from '../command/command.ts';
import type { MutationOperation, Operation } from '../operations/operation.ts';
import { operationOf } from '../operations/operations.ts';
import type { Services } from '../operations/services.ts';
import { limitsFor, type ActorLimits, type QuotaOptions } from '../quota/limits.ts';
import { tokensOf } from '../quota/cost.ts';
import type { Charge, Quotas, Reservation } from '../quota/quotas.ts';
import { decode, typeGiven } from './decode.ts';
import { change, read } from './direct.ts';
import type { InFlight } from './in-flight.ts';
import { enqueue, mutate } from './mutations.ts';
import { Once } from './once.ts';
import { rowOf, statusOf, type Passage } from './passage.ts';
import { grants, requireGrant, type AccessPolicy } from './policy.ts';
import { reaches, requireReach, type Ancestors } from './reach.ts';
import { receiptOf, resultOf } from './records.ts';

/** What a gate is made of. */
export interface GateParts {
  readonly services: Services;
  readonly policy: AccessPolicy;
  readonly quotas: Quotas;
  readonly limits: QuotaOptions;
  readonly clock: () => number;
  readonly ancestors: Ancestors;
  readonly inFlight: InFlight;
  /** Resolves when queue, trail and counters are as they were left. */
  readonly ready: () => Promise<void>;
  /** Runs what was let through, so that it is not taken for a call of the process's own. */
  readonly silently: <T>(work: () => T) => T;
}

/** What a command gave that was done at once. */
export interface Outcome<R = unknown> {
  readonly command: string;
  /** Of a replay, as JSON. */
  readonly result: R;
  /** It had been done before, under the same key: this is what it gave then. */
  readonly replayed: boolean;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Json) => void;
}

/** A command that may be done, and what it costs if it is. */
export interface Admitted {
  readonly passage: Passage;
  readonly command: Command;
  readonly operation: Operation;
}

/** Commands of one batch. */
const MAX_BATCH = 1000;

/**
 * The one entrance for everything from outside: decode, authorise, quota, validate, delegate, audit. What is behind it knows
 * no actor.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #once: Once;
  readonly #under = new Set<Promise<unknown>>();
  readonly #limits = new WeakMap<Actor, ActorLimits>();
  readonly #inside = new AsyncLocalStorage<true>();
  #closed = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#once = new Once(parts.services.store);
  }

  execute(actor: Actor, input: unknown, options: ExecuteOptions = {}): Promise<Outcome> {
    return this.#admit(actor, [input], async ([passage]) => {
      const admitted = await this.#letThrough(passage!, input);
      const { command, operation } = admitted;
      if (command.tick !== 0 || command.priority !== 0) {
        throw new ArchetypeError(
          'invalid_command',
          `A ${command.type} that is done at once takes no tick and no priority; leave them out, or submit it to have it wait.`,
        );
      }
      return this.#once.run([command], async (before): Promise<Outcome> => {
        const first = before.get(command);
        if (first !== undefined) {
          const result = resultOf(operation, first as never);
          this.#replayed(passage!);
          return { command: first.id, result, replayed: true };
        }
        const reservation = await this.#charge([admitted]);
        const result = await this.#do(admitted, reservation, options);
        return { command: command.id, result, replayed: false };
      });
    });
  }

  #do(admitted: Admitted, reservation: Reservation, options: ExecuteOptions): Promise<unknown> {
    const { passage, command, operation } = admitted;
    const parts = this.#parts;
    if (operation.effect === 'mutation')
      return mutate(parts, { passage, command, operation }, reservation);
    const { actor } = command;
    const given = {
      signal: options.signal ?? new AbortController().signal,
      onProgress: options.onProgress,
      may: (type: string) => grants(parts.policy, actor, type),
    };
    if (operation.effect === 'change') {
      const cost = this.#limitsOf(actor).cost(command.type, operation.cost);
      return change(parts, { passage, command, operation }, given, reservation, cost);
    }
    return this.#read(admitted, () => read(parts, { passage, command, operation }, given));
  }

  async #read({ passage, command, operation }: Admitted, work: () => Promise<unknown>) {
    const result = await work();
    this.#note(passage, 'applied');
    const narrow = operation.effect === 'mutation' ? undefined : operation.narrow;
    if (command.actor.worlds === undefined || narrow === undefined) return result;
    const { ancestors } = this.#parts;
    return narrow(result, (world) => reaches(command.actor, world, ancestors));
  }

  async submit(actor: Actor, input: unknown): Promise<Receipt> {
    const [receipt] = await this.submitBatch(actor, [input]);
    return receipt!;
  }

  async submitBatch(actor: Actor, given: readonly unknown[]): Promise<readonly Receipt[]> {
    const inputs = Array.isArray(given) ? Array.from(given as unknown[]) : [];
    if (!Array.isArray(given) || inputs.length > MAX_BATCH) {
      return this.#admit(actor, [given], () => {
        throw new ArchetypeError(
          'invalid_command',
          `A batch was ${Array.isArray(given) ? `${inputs.length} commands long` : 'no list'}; give a list of at most ${MAX_BATCH} commands.`,
        );
      });
    }
    return this.#admit(actor, inputs, async (passages) => {
      const admitted: (Admitted & { readonly operation: MutationOperation })[] = [];
      for (const [k, passage] of passages.entries()) {
        const one = await this.#letThrough(passage, inputs[k]);
        admitted.push({ ...one, operation: requireDeferrable(one.operation) });
      }
      return this.#once.run(
        admitted.map(({ command }) => command),
        async (before) => {
          const fresh = admitted.filter(({ command }) => !before.has(command));
          const receipts =
            fresh.length === 0
              ? new Map<Command, Receipt>()
              : await enqueue(this.#parts, fresh, await this.#charge(fresh));
          return admitted.map(({ command, passage }): Receipt => {
            const own = receipts.get(command);
            if (own !== undefined) return own;
            this.#replayed(passage);
            const first = before.get(command)!;
            return receipts.get(first as Command) ?? receiptOf(first as never);
          });
        },
      );
    });
  }

  /** Whether the caller is called, however indirectly, by something that was let through. */
  get here(): boolean {
    return this.#inside.getStore() === true;
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
    const under = this.#inside.run(true, async () => {
      if (this.#closed) {
        throw new ArchetypeError(
          'app_closed',
          'The app is closed, or closing, and lets no more commands in; send it again when it is back.',
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
        world: undefined,
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
    });
    this.#under.add(under);
    const leave = (): void => void this.#under.delete(under);
    under.then(leave, leave);
    return under;
  }

  #note(passage: Passage, status: Parameters<typeof rowOf>[1], code?: string): void {
    const { clock, services } = this.#parts;
    passage.recorded = true;
    const more = { endedAt: clock(), ...(code !== undefined && { code }) };
    services.trail.note({ row: rowOf(passage, status, more) });
  }

  #replayed(passage: Passage): void {
    this.#note(passage, 'applied', 'replayed');
  }

  async #letThrough(passage: Passage, input: unknown): Promise<Admitted> {
    const { policy, services, ancestors } = this.#parts;
    const command = decode(input, passage.actor);
    const operation = operationOf(command.type)!;
    passage.command = command;
    passage.world = command.world;
    if (command.world !== undefined) passage.tick = services.liveNow(command.world)?.tick;
    await requireGrant(policy, command);
    if (operation.concerns !== undefined)
      passage.world = await operation.concerns(services, command.payload);
    // What tells of many worlds is narrowed instead.
    if (operation.effect === 'mutation' || operation.narrow === undefined)
      await requireReach(passage.actor, command.type, passage.world, ancestors);
    return { passage, command, operation };
  }

  /** Checks what all of them cost, then charges it. */
  async #charge(admitted: readonly Admitted[]): Promise<Reservation> {
    const { actor } = admitted[0]!.passage;
    const own = this.#limitsOf(actor);
    const charges = await Promise.all(
      admitted.map(async ({ command, operation }): Promise<Charge> => ({
        at: await this.#tickOf(command),
        tokens: tokensOf(own.cost(command.type, operation.cost), partsOf(operation, command)),
      })),
    );
    return this.#parts.quotas.reserve(actor.id, own, charges);
  }

  #limitsOf(actor: Actor): ActorLimits {
    let limits = this.#limits.get(actor);
    if (limits === undefined)
      this.#limits.set(actor, (limits = limitsFor(this.#parts.limits, actor.roles)));
    return limits;
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
}

const partsOf = (operation: Operation, { payload }: Command): readonly number[] =>
  operation.parts?.(payload) ?? [0];

function requireDeferrable(operation: Operation): MutationOperation {
  if (operation.effect === 'mutation' && operation.deferrable) return operation;
  throw new ArchetypeError(
    'not_deferrable',
    `A ${operation.type} cannot wait for a tick; execute it. Entity, message and custom commands can be submitted.`,
  );
}
