import { behaviour } from './behaviour.ts';
import { entity } from './entity.ts';
import { custom } from './custom.ts';
import type { z } from 'zod';
import type { Receipt } from '../command/command.ts';
import type { DirectOperation, Operation } from './operation.ts';
import { queue } from './queue.ts';
import { inspect } from './inspect.ts';
import { query } from './query.ts';
import { trail } from './trail.ts';
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
  query,
  ...inspect,
  ...trail,
  custom,
  ...queue,
});

export type CommandType = keyof typeof operations;

export const commandTypes: readonly CommandType[] = Object.freeze(
  Object.keys(operations) as CommandType[],
);

export const operationOf = (type: string): Operation | undefined =>
  Object.hasOwn(operations, type) ? operations[type as CommandType] : undefined;

/** What an operation gives. */
export type ResultOf<T extends CommandType> =
  (typeof operations)[T] extends DirectOperation<any, any, infer R, any> ? R : Receipt;
/** What an operation takes. */
export type PayloadOf<T extends CommandType> = Kept<z.input<(typeof operations)[T]['payload']>>;
/** Nothing of what is given is changed. */
type Kept<T> = T extends (...given: never[]) => unknown
  ? T
  : T extends readonly (infer E)[]
    ? readonly Kept<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Kept<T[K]> }
      : T;
/** Operations that are about one world. */
export type WorldCommandType = {
  [T in CommandType]: (typeof operations)[T]['world'] extends true ? T : never;
}[CommandType];
/** Operations that may wait for a tick. */
export type DeferrableType = keyof typeof entity | 'custom';
