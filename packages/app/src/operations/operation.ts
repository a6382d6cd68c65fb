import type { Json, Stage, World } from '@archetype/core';
import type { z } from 'zod';
import type { Command } from '../command/command.ts';
import type { Cost } from '../quota/cost.ts';
import type { Services } from './services.ts';

export type Role = 'viewer' | 'player' | 'operator' | 'admin';

/** Who may do what, as the roles stand: each is a flat set, and none includes another. */
export const roles = {
  read: ['viewer', 'player', 'operator', 'admin'],
  play: ['player', 'operator', 'admin'],
  operate: ['operator', 'admin'],
  administer: ['admin'],
} as const satisfies Record<string, readonly Role[]>;

type Group = 'entity' | 'world' | 'simulation' | 'behaviour' | 'read' | 'queue' | 'open';

/** What goes along with a command that is done at once. */
export interface Given {
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: Json) => void) | undefined;
  /** Whether the actor's roles grant it another operation. */
  readonly may: (type: string) => boolean;
}

/** How a mutation is done, found before anything is written down. */
export interface Plan {
  /** How many entities it bears. */
  readonly births: number;
  /** Stages it; `first` is the first of the ids that were reserved. */
  readonly work: (stage: Stage, first: number) => void;
  /** What is to be done beside what is staged: a live object is in no record. */
  readonly also?: () => void;
  /** The work runs code of the host, which is not run only to see whether it would. */
  readonly unchecked?: true;
}

/** What every operation says of itself; gate, API, CLI and docs read it. */
interface About<
  T extends string = string,
  S extends z.ZodType = z.ZodType,
  W extends boolean = boolean,
> {
  readonly type: T;
  readonly group: Group;
  /** What it does, in a sentence. */
  readonly about: string;
  readonly roles: readonly Role[];
  /** Whether it is about one world, which the command names. */
  readonly world: W;
  readonly payload: S;
  /** The world that it concerns, where the command itself names none. */
  readonly concerns?: (
    services: Services,
    payload: z.output<S>,
  ) => string | undefined | Promise<string | undefined>;
  readonly cost: Cost;
  /** What is charged: ticks planned for each part of it; one part without ticks unless told. */
  readonly parts?: (payload: z.output<S>) => readonly number[];
  /** Whether it may wait for a tick. */
  readonly deferrable: boolean;
  /** Bounded, and nothing that may be secret. */
  readonly summary: (payload: z.output<S>) => Json;
  /** The payload as it is written down, where it may carry live objects. */
  readonly written?: (payload: z.output<S>) => Json;
}

/** Staged, and applied by a tick. */
export interface MutationOperation<
  T extends string = string,
  S extends z.ZodType = z.ZodType,
  W extends boolean = boolean,
> extends About<T, S, W> {
  readonly effect: 'mutation';
  /** @throws what is wrong with it, in this world */
  plan(services: Services, command: Command<z.output<S>>, world: World): Plan;
}

/** Done at once. `change`: written down before it is begun, with its end after it; `read`: changes nothing. */
export interface DirectOperation<
  T extends string = string,
  S extends z.ZodType = z.ZodType,
  R = unknown,
  W extends boolean = boolean,
> extends About<T, S, W> {
  readonly effect: 'read' | 'change';
  /** Refuses what cannot be done, before it is written down. */
  check?(services: Services, command: Command<z.output<S>>): unknown;
  run(services: Services, command: Command<z.output<S>>, given: Given): Promise<R>;
  /** What is left of a result for who may have to do with some worlds only. */
  readonly narrow?: (result: R, reaches: (world: string) => Promise<boolean>) => Promise<R>;
  /** For work on the world that the command names: ticks of a part that failed on the way, to be charged all the same. */
  readonly partly?: (ticks: number) => readonly number[];
  /** Ticks that each charged part really took. */
  readonly spent?: (result: R, payload: z.output<S>) => readonly number[];
  /** The result as it is kept for whoever asks again with the same key; itself unless told. */
  readonly kept?: (result: R) => Json;
}

export type Operation = MutationOperation<string, any> | DirectOperation<string, any, any>;

export const mutation = <
  const T extends string,
  S extends z.ZodType,
  const W extends boolean = boolean,
>(
  operation: Omit<MutationOperation<T, S, W>, 'effect'>,
): MutationOperation<T, S, W> => Object.freeze({ ...operation, effect: 'mutation' });

export const change = <
  const T extends string,
  S extends z.ZodType,
  R,
  const W extends boolean = boolean,
>(
  operation: Omit<DirectOperation<T, S, R, W>, 'effect' | 'deferrable'>,
): DirectOperation<T, S, R, W> =>
  Object.freeze({ ...operation, effect: 'change', deferrable: false });

export const read = <
  const T extends string,
  S extends z.ZodType,
  R,
  const W extends boolean = boolean,
>(
  operation: Omit<DirectOperation<T, S, R, W>, 'effect' | 'deferrable' | 'group' | 'roles'>,
): DirectOperation<T, S, R, W> =>
  Object.freeze({
    ...operation,
    effect: 'read',
    deferrable: false,
    group: 'read',
    roles: roles.read,
  });
