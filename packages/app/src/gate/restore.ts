import {
  ArchetypeError,
  rejectedBy,
  type Stage,
  type StoredCommand,
  type World,
} from '@archetype/core';
import type { TrailEntry } from '../audit/trail.ts';
import type { Command } from '../command/command.ts';
import { operationOf } from '../operations/operations.ts';
import type { Services } from '../operations/services.ts';

/** Puts the commands of a resumed world where they were. */
export async function restoreCommands(services: Services, world: World): Promise<void> {
  const store = await services.store();
  const of = (status: StoredCommand['status']): Promise<readonly StoredCommand[]> =>
    store.commands({ world: world.id, status });
  const queued = await of('queued');
  // Ids that were promised are not given again, whatever became of the command. Those of applied ones are in the state.
  for (const command of [...queued, ...(await of('rejected')), ...(await of('cancelled'))])
    for (const id of command.reserved ?? []) world.commands.hold(id + 1);
  services.broker.forget(world.id);
  for (const command of queued) {
    const operation = operationOf(command.type);
    if (operation?.effect !== 'mutation') continue;
    const work = (stage: Stage): void => {
      const first = command.reserved?.[0] ?? 0;
      operation.plan(services, commandOf(command), world).work(stage, first);
    };
    const { id, tick, priority, sequence, deferred } = command;
    if (deferred === true)
      services.broker.submit(world.id, { command: id, work, tick, priority, sequence });
    else restage(world, id, work);
  }
}

function restage(world: World, id: string, work: (stage: Stage) => void): void {
  try {
    world.commands.enact(id, work);
  } catch (error) {
    world.commands.refuse(id, error);
  }
}

const commandOf = (stored: StoredCommand): Command => ({
  ...stored,
  given: true,
  world: stored.world,
  idempotencyKey: stored.idempotencyKey,
  written: stored.payload,
  summary: {},
  payloadDigest: '',
});

/** What a process that ended left behind: commands that it was doing, and those of worlds that are no more. */
export async function sweepCommands({ store, trail, liveNow }: Services): Promise<void> {
  const opened = await store();
  const queued = await opened.commands({ status: 'queued' });
  if (queued.length === 0) return;
  const going = new Set(
    (await opened.worlds()).filter(({ destroyed }) => !destroyed).map(({ world }) => world),
  );
  const entries = queued.flatMap(({ id, type, world = '' }): TrailEntry[] => {
    if (operationOf(type)?.effect !== 'mutation')
      return [{ settled: rejectedBy(id, interrupted(type)) }];
    return going.has(world) || liveNow(world) !== undefined ? [] : [cancelled(id)];
  });
  if (entries.length > 0) await trail.accept(entries);
}

/** Cancels what waits for a world that was destroyed. */
export async function cancelAll(services: Services, world: string): Promise<void> {
  services.broker.forget(world);
  const queued = await (await services.store()).commands({ world, status: 'queued' });
  const waiting = queued.filter(({ type }) => operationOf(type)?.effect === 'mutation');
  if (waiting.length > 0) await services.trail.accept(waiting.map(({ id }) => cancelled(id)));
}

const cancelled = (command: string): TrailEntry => ({
  settled: { command, status: 'cancelled', message: 'Its world was destroyed.' },
});

const interrupted = (type: string): ArchetypeError =>
  new ArchetypeError(
    'interrupted',
    `The process ended while it did this ${type}; what it had committed stays, so look at its world before you ask again.`,
  );
