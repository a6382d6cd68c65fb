import { ArchetypeError, type Actor } from '@archetype/core';
import type { Command } from '../command/command.ts';
import { roles } from '../operations/operation.ts';
import { commandTypes, operations, type CommandType } from '../operations/operations.ts';

/** Who may do what. */
export interface AccessPolicy {
  /** By role, what it grants; whoever has several roles may do what any of them grants. */
  readonly grants: ReadonlyMap<string, ReadonlySet<string>>;
  readonly authorise: Authorise | undefined;
}

/** Asked of every command that the roles allow. Only `true` lets it through. */
export type Authorise = (actor: Actor, command: Command) => boolean | Promise<boolean>;

export interface PolicyOptions {
  /** What roles grant, in place of what the operations say; a role that is not named here grants nothing. */
  readonly grants?: Readonly<Record<string, readonly CommandType[]>>;
  /** One question more; whoever throws, or returns anything but `true`, says no. */
  readonly authorise?: Authorise;
}

/**
 * A policy: the roles viewer, player, operator and admin, unless told.
 *
 * @throws `invalid_argument`
 * @example createPolicy({ grants: { judge: ['query', 'get_audit'] } })
 */
export function createPolicy({ grants: given, authorise }: PolicyOptions = {}): AccessPolicy {
  for (const [role, types] of Object.entries(given ?? {})) {
    const unknown = types.find((type) => !commandTypes.includes(type));
    if (unknown !== undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        `The policy grants "${role}" the operation "${unknown}", which there is not; the operations are ${commandTypes.join(', ')}.`,
      );
    }
  }
  return Object.freeze({
    grants: new Map(
      Object.entries(given ?? defaultGrants()).map(([role, types]) => [role, new Set(types)]),
    ),
    authorise,
  });
}

const defaultGrants = (): Record<string, CommandType[]> =>
  Object.fromEntries(
    roles.read.map((role) => [
      role,
      commandTypes.filter((type) => (operations[type].roles as readonly string[]).includes(role)),
    ]),
  );

/** Whether any role of an actor grants it an operation. */
export const grants = (policy: AccessPolicy, actor: Actor, type: string): boolean =>
  actor.roles.some((role) => policy.grants.get(role)?.has(type) === true);

/** @throws `forbidden` */
export async function requireGrant(policy: AccessPolicy, command: Command): Promise<void> {
  const { actor, type } = command;
  if (!grants(policy, actor, type)) {
    const able = [...policy.grants].flatMap(([role, types]) => (types.has(type) ? [role] : []));
    throw new ArchetypeError(
      'forbidden',
      `${type} needs one of the roles ${able.join(', ') || '(none grants it)'}, and you have ${actor.roles.join(', ') || 'none'}; ask whoever gives out roles.`,
    );
  }
  if (policy.authorise === undefined) return;
  let answer: unknown;
  try {
    answer = await policy.authorise(actor, command);
  } catch (error) {
    throw refusedBy(type, error);
  }
  if (answer !== true) throw refusedBy(type);
}

const refusedBy = (type: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'forbidden',
    `The host's own rules do not let you ${type} this; ask whoever runs it.`,
    cause === undefined ? {} : { cause },
  );
