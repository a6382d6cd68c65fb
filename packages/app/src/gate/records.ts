import { ArchetypeError, type ErrorCode, type StoredCommand } from '@archetype/core';
import type { CommandDraft } from '../audit/trail.ts';
import type { Command, Receipt } from '../command/command.ts';
import type { Operation } from '../operations/operation.ts';
import type { Passage } from './passage.ts';

/** A command as it is written down. */
export const draftOf = (
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

export const receiptOf = ({ id, reserved: entities = [] }: StoredCommand): Receipt => ({
  command: id,
  entities,
});

/** What a command gave when it came first. @throws what it was ended with then */
export function resultOf({ effect }: Operation, first: StoredCommand): unknown {
  const refused = first.status === 'rejected' && first.deferred !== true;
  if (effect === 'mutation' && !refused) return receiptOf(first);
  if (first.status === 'applied') return first.result;
  throw new ArchetypeError(
    (first.code ?? 'interrupted') as ErrorCode,
    first.message ?? 'It was begun before, and how it ended is not known; look at its world.',
  );
}
