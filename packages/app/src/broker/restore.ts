import { ArchetypeError, type Stage, type StoredCommand, type World } from '@archetype/core';
import type { TrailEntry } from '../audit/trail.ts';
import type { Command } from '../command/command.ts';
import { digestOf } from '../command/canonical.ts';
import { operationOf } from '../operations/operations.ts';
import type { Services } from '../operations/services.ts';

/** Puts the commands of a resumed world where they were when its process ended. */
export async function restoreCommands(services: Services, world: World): Promise<void> {
  const store = await services.store();
  const of = (status: StoredCommand['status']): Promise<readonly StoredCommand[]> =>
    store.commands({ world: world.id, status });
  const queued = await of('queued');
  // Ids that were promised are not given again, whatever became of the command. Those of applied ones are in the state.
  for (const command of [...queued, ...(await of('rejected')), ...(await of('cancelled'))])
    for (const id of command.reserved ?? []) world.hold(id + 1);
  for (const command of queued) {
    const operation = operationOf(command.type);
    if (operation?.effect !== 'mutation') continue;
    const work = (stage: Stage): void => {
      const first = command.reserved?.[0] ?? 0;
      operation.plan(services, commandOf(command), world).work(stage, first);
    };
    if (command.deferred === true) services.broker.submit(world.id, { record: command, work });
    else restage(world, command, work);
  }
}

function restage(world: World, { id }: StoredCommand, work: (stage: Stage) => void): void {
  try {
    world.enact(id, work);
  } catch (error) {
    world.refuse(id, error);
  }
}

const commandOf = (stored: StoredCommand): Command => ({
  ...stored,
  given: true,
  world: stored.world,
  idempotencyKey: stored.idempotencyKey,
  written: stored.payload,
  summary: {},
  payloadDigest: digestOf(stored.payload),
});

/** What a process that ended left behind: commands that it was doing, and those of worlds that it destroyed. */
export async function sweepCommands({ store, trail }: Services): Promise<void> {
  const opened = await store();
  const queued = await opened.commands({ status: 'queued' });
  if (queued.length === 0) return;
  const gone = new Set(
    (await opened.worlds()).filter(({ destroyed }) => destroyed).map(({ world }) => world),
  );
  const entries = queued.flatMap(({ id, type, world }): TrailEntry[] => {
    if (operationOf(type)?.effect !== 'mutation') {
      const { code, message } = interrupted(type);
      return [{ settled: { command: id, status: 'rejected', code, message } }];
    }
    return world !== undefined && gone.has(world) ? [cancelled(id)] : [];
  });
  if (entries.length > 0) await trail.accept(entries);
}

/** Cancels what waits for a world that was destroyed. */
export async function cancelAll(services: Services, world: string): Promise<void> {
  services.broker.clear(world);
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
