import type { World } from '@archetype/core';
import type { TrailEntry } from '../audit/trail.ts';
import type { Command, Receipt } from '../command/command.ts';
import type { MutationOperation, Plan } from '../operations/operation.ts';
import type { Services } from '../operations/services.ts';
import type { Reservation } from '../quota/quotas.ts';
import type { InFlight } from './in-flight.ts';
import { rowOf, type Passage } from './passage.ts';
import { draftOf } from './records.ts';

interface Mutation {
  readonly passage: Passage;
  readonly command: Command;
  readonly operation: MutationOperation;
}

interface Parts {
  readonly services: Services;
  readonly inFlight: InFlight;
}

/** Stages a mutation for the next tick: checked, written down with its ids, then staged. */
export async function mutate(
  { services, inFlight }: Parts,
  { passage, command, operation }: Mutation,
  reservation: Reservation,
): Promise<Receipt> {
  const world = await services.live(command.world!);
  return inFlight.during([world.id], async () => {
    const plan = operation.plan(services, command, world);
    // Ids come last: what is refused uses none.
    if (plan.unchecked !== true) world.commands.check((stage) => plan.work(stage, 1));
    await world.commands.written();
    const entities = reserved(world, plan);
    const entry = {
      row: rowOf(passage, 'accepted'),
      command: draftOf(passage, command, entities, false),
    };
    await accept(services, [entry], reservation);
    passage.recorded = true;
    try {
      world.commands.enact(command.id, (stage) => plan.work(stage, entities[0] ?? 0));
      plan.also?.();
    } catch (error) {
      // The world went on while it was written down, and it cannot be done any more: its next tick says so.
      world.commands.refuse(command.id, error);
      throw error;
    }
    return { command: command.id, entities };
  });
}

/** Puts mutations into their worlds' queues: all of them are planned, then written down together, then queued. */
export async function enqueue(
  { services, inFlight }: Parts,
  mutations: readonly Mutation[],
  reservation: Reservation,
): Promise<ReadonlyMap<Command, Receipt>> {
  const worlds = await Promise.all(mutations.map(({ command }) => services.live(command.world!)));
  const ids = [...new Set(worlds.map(({ id }) => id))];
  return inFlight.during(ids, async () => {
    const planned = mutations.map((mutation, k) => {
      const { operation, command } = mutation;
      const world = worlds[k]!;
      return { ...mutation, world, plan: operation.plan(services, command, world) };
    });
    await Promise.all([...new Set(worlds)].map((world) => world.commands.written()));
    const ready = planned.map((one) => ({ ...one, entities: reserved(one.world, one.plan) }));
    const positions = await accept(
      services,
      ready.map(({ passage, command, entities }) => ({
        row: rowOf(passage, 'queued'),
        command: draftOf(passage, command, entities, true),
      })),
      reservation,
    );
    const receipts = new Map<Command, Receipt>();
    for (const [k, { passage, command, world, plan, entities }] of ready.entries()) {
      passage.recorded = true;
      receipts.set(command, { command: command.id, entities });
      const { id, tick, priority } = command;
      services.broker.submit(world.id, {
        command: id,
        work: (stage) => plan.work(stage, entities[0] ?? 0),
        tick,
        priority,
        sequence: positions[k]!,
      });
    }
    return receipts;
  });
}

/** Ids for the entities that a plan bears. */
function reserved(world: World, { births }: Plan): readonly number[] {
  if (births === 0) return [];
  const first = world.commands.reserve(births);
  return Array.from({ length: births }, (_, k) => first + k);
}

/** What was not written down was not used. */
export async function accept(
  { trail }: Services,
  entries: readonly TrailEntry[],
  reservation: Reservation,
): Promise<readonly number[]> {
  try {
    return await trail.accept(entries);
  } catch (error) {
    reservation.release();
    throw error;
  }
}
