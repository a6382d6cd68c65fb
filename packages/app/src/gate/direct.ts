import { rejectedBy, toJson, type SettledCommand } from '@archetype/core';
import type { Command } from '../command/command.ts';
import type { DirectOperation, Given } from '../operations/operation.ts';
import type { Services } from '../operations/services.ts';
import { tokensOf, type Cost } from '../quota/cost.ts';
import type { Reservation } from '../quota/quotas.ts';
import { accept } from './mutations.ts';
import { rowOf, type Passage } from './passage.ts';
import { draftOf } from './records.ts';

interface Direct {
  readonly passage: Passage;
  readonly command: Command;
  readonly operation: DirectOperation;
}

interface Parts {
  readonly services: Services;
  readonly clock: () => number;
  readonly silently: <T>(work: () => T) => T;
}

/** Does something that changes more than a tick: written down before it is begun, with its end after it. */
export async function change(
  parts: Parts,
  { passage, command, operation }: Direct,
  given: Given,
  reservation: Reservation,
  cost: Cost,
): Promise<unknown> {
  const { services, clock, silently } = parts;
  await operation.check?.(services, command);
  const entry = {
    row: rowOf(passage, 'accepted'),
    command: draftOf(passage, command, [], false),
  };
  await accept(services, [entry], reservation);
  passage.recorded = true;
  passage.running = true;
  const tick = (): number => services.liveNow(command.world ?? '')?.tick ?? 0;
  const before = tick();
  let result: unknown;
  try {
    result = await silently(() => operation.run(services, command, given));
  } catch (error) {
    if (operation.partly !== undefined)
      reservation.settle(tokensOf(cost, operation.partly(Math.max(0, tick() - before))));
    await settle(services, command, rejectedBy(command.id, error, clock()));
    throw error;
  }
  if (operation.spent !== undefined)
    reservation.settle(tokensOf(cost, operation.spent(result, command.payload)));
  const end: SettledCommand = {
    command: command.id,
    status: 'applied',
    result: toJson(operation.kept?.(result) ?? result, `What ${command.type} gave`),
    finishedAt: clock(),
  };
  await settle(services, command, end);
  return result;
}

/** Does something that changes nothing. */
export async function read(
  { services, silently }: Parts,
  { passage, command, operation }: Direct,
  given: Given,
): Promise<unknown> {
  passage.running = true;
  return silently(() => operation.run(services, command, given));
}

/**
 * Whoever may ask again with the same key has to find the end; for others it is written soon. It is done, whether that can
 * be written or not: then it is tried again.
 */
async function settle(
  { trail, logger }: Services,
  { given, idempotencyKey, type }: Command,
  settled: SettledCommand,
): Promise<void> {
  if (!given && idempotencyKey === undefined) {
    trail.note({ settled });
    return;
  }
  try {
    await trail.accept([{ settled }]);
  } catch (error) {
    logger.error(`How a ${type} ended could not be written down yet.`, { error });
    trail.note({ settled });
  }
}
