import { ArchetypeError, didYouMean, mintId, toJson, type Actor, type Json } from '@archetype/core';
import { z } from 'zod';
import { digestOf } from '../command/canonical.ts';
import type { Command } from '../command/command.ts';
import {
  commandTypes,
  operationOf,
  operations,
  type CommandType,
} from '../operations/operations.ts';

/** A command as it is given: what is left out is minted or takes its default. */
export type CommandInput = { [T in CommandType]: CommandInputOf<T> }[CommandType];

export type CommandInputOf<T extends CommandType> = {
  readonly type: T;
  /** UUID, version 7; minted unless given. */
  readonly id?: string;
  /** The tick to wait for, when it is submitted; the next one unless told. */
  readonly tick?: number;
  /** Lower ones first, among commands of one tick; 0 unless told. */
  readonly priority?: number;
  /** Whoever sends the same command again with the same key gets the first outcome, and nothing happens again. */
  readonly idempotencyKey?: string;
} & ((typeof operations)[T]['world'] extends true ? { readonly world: string } : {}) &
  ({} extends z.input<(typeof operations)[T]['payload']>
    ? { readonly payload?: z.input<(typeof operations)[T]['payload']> }
    : { readonly payload: z.input<(typeof operations)[T]['payload']> });

const whole = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);
const envelope = {
  id: z.uuidv7().optional(),
  tick: whole.min(0).default(0),
  priority: whole.default(0),
  idempotencyKey: z.string().min(1).max(200).optional(),
};

/** One schema for each operation; made when it is first asked for. */
const schemas = new Map<string, z.ZodType<Decoded>>();

interface Decoded {
  readonly id?: string;
  readonly tick: number;
  readonly priority: number;
  readonly idempotencyKey?: string;
  readonly world?: string;
  readonly payload: unknown;
}

function schemaOf(type: CommandType): z.ZodType<Decoded> {
  let schema = schemas.get(type);
  if (schema === undefined) {
    const { world, payload } = operations[type];
    schema = z.strictObject({
      type: z.literal(type),
      ...envelope,
      ...(world && { world: z.string().min(1).max(200) }),
      payload: (payload as z.ZodType).prefault({}),
    }) as unknown as z.ZodType<Decoded>;
    schemas.set(type, schema);
  }
  return schema;
}

/** The type that something which should be a command names, for the audit of what was refused. */
export function typeGiven(input: unknown): string {
  const type = (input as { readonly type?: unknown } | undefined | null)?.type;
  return typeof type === 'string' && operationOf(type) !== undefined ? type : 'unknown';
}

/** An immutable command of what was given. @throws `invalid_command` */
export function decode(input: unknown, actor: Actor): Command {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalid(
      `A command was ${JSON.stringify(input) ?? typeof input}`,
      'give { type, payload }',
    );
  const { type } = input as { readonly type?: unknown };
  const operation = typeof type === 'string' ? operationOf(type) : undefined;
  if (operation === undefined) {
    throw invalid(
      `There is no command ${JSON.stringify(type) ?? 'without a type'}${typeof type === 'string' ? didYouMean(type, commandTypes) : ''}`,
      `the types are ${commandTypes.join(', ')}`,
    );
  }
  const parsed = schemaOf(operation.type as CommandType).safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    throw invalid(
      `The ${operation.type} command was refused: ${problems.join('; ')}`,
      'correct it',
      parsed.error,
    );
  }
  const { id, tick, priority, world, idempotencyKey } = parsed.data;
  const { payload, written } = payloadOf(operation, parsed.data.payload);
  return Object.freeze({
    id: id ?? mintId(),
    given: id !== undefined,
    type: operation.type,
    payload,
    world,
    tick,
    priority,
    actor,
    idempotencyKey,
    written,
    summary: operation.summary(payload),
    payloadDigest: digestOf(written),
  });
}

type AnyOperation = NonNullable<ReturnType<typeof operationOf>>;

/** Nobody can change a payload that was let through: it is a copy, but for the live objects in it. */
function payloadOf(
  { written: asWritten, type }: AnyOperation,
  payload: unknown,
): { readonly payload: unknown; readonly written: Json } {
  try {
    if (asWritten !== undefined)
      return {
        payload: Object.freeze(payload),
        written: toJson(asWritten(payload), 'Its payload'),
      };
    const copy = toJson(payload, 'Its payload');
    return { payload: copy, written: copy };
  } catch (error) {
    if (!(error instanceof ArchetypeError)) throw error;
    throw invalid(`The ${type} command was refused: ${error.message}`, 'correct it', error);
  }
}

const invalid = (problem: string, next: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError('invalid_command', `${problem.replace(/[.?]$/, '')}; ${next}.`, {
    ...(cause !== undefined && { cause }),
  });
