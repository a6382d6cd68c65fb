import { behaviour } from './behaviour.ts';
import { entity } from './entity.ts';
import { open } from './open.ts';
import type { Operation } from './operation.ts';
import { queue } from './queue.ts';
import { reads } from './read.ts';
import { simulation } from './simulation.ts';
import { world } from './world.ts';

/**
 * Everything that can be asked of a host: what is in here goes through the gate, what is not cannot be asked. Gate, policy,
 * quotas, audit, API, CLI and docs read it; a new operation is one entry.
 */
export const operations = Object.freeze({
  ...entity,
  ...world,
  ...simulation,
  ...behaviour,
  ...reads,
  ...open,
  ...queue,
});

export type CommandType = keyof typeof operations;

export const commandTypes: readonly CommandType[] = Object.freeze(
  Object.keys(operations) as CommandType[],
);

export const operationOf = (type: string): Operation | undefined =>
  Object.hasOwn(operations, type) ? operations[type as CommandType] : undefined;
