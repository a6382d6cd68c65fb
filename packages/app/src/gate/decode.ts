import {
  ArchetypeError,
  didYouMean,
  isResource,
  mintId,
  toJson,
  type Actor,
  type Json,
  type ResourceValue,
} from '@archetype/core';
import { z } from 'zod';
import { digestOf } from '../command/canonical.ts';
import type { Command } from '../command/command.ts';
import { printed, short } from '../command/printed.ts';
import type { Operation } from '../operations/operation.ts';
import {
  commandTypes,
  operationOf,
  operations,
  type CommandType,
  type DeferrableType,
  type PayloadOf,
  type WorldCommandType,
} from '../operations/operations.ts';

/** A command as it is given: what is left out is minted or takes its default. */
export type CommandInput = { [T in CommandType]: CommandInputOf<T> }[CommandType];

/** A command that may wait for a tick, as it is given. */
export type DeferredInput = { [T in DeferrableType]: CommandInputOf<T> }[DeferrableType];

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
} & (T extends WorldCommandType ? { readonly world: string } : {}) &
  ({} extends PayloadOf<T>
    ? { readonly payload?: PayloadOf<T> }
    : { readonly payload: PayloadOf<T> });

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
  try {
    const { type } = input as { readonly type?: unknown };
    return typeof type === 'string' && operationOf(type) !== undefined ? type : UNKNOWN;
  } catch {
    // Nothing, or an object that throws when it is asked: decoding says so.
    return UNKNOWN;
  }
}

const UNKNOWN = 'unknown';

/** An immutable command of what was given, which is read once. @throws `invalid_command` */
export function decode(given: unknown, actor: Actor): Command {
  const input = fieldsOf(given);
  const { type } = input;
  const operation = typeof type === 'string' ? operationOf(type) : undefined;
  if (operation === undefined) {
    throw invalid(
      typeof type === 'string'
        ? `There is no command ${printed(type)}${didYouMean(type, commandTypes)} The types are ${commandTypes.join(', ')}.`
        : `A command's type was ${printed(type)}; give one of ${commandTypes.join(', ')}.`,
    );
  }
  const copy = copyOf(operation, input['payload'] ?? {});
  const parsed = schemaOf(operation.type as CommandType).safeParse({ ...input, payload: copy });
  if (!parsed.success) throw refused(operation, parsed.error);
  const { id, tick, priority, world, idempotencyKey, payload } = parsed.data;
  const written = operation.written === undefined ? (copy as Json) : writtenOf(operation, payload);
  return Object.freeze({
    id: id ?? mintId(),
    given: id !== undefined,
    type: operation.type,
    payload: Object.freeze(payload),
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

/** Its own fields, each read once. */
function fieldsOf(given: unknown): Readonly<Record<string, unknown>> {
  try {
    if (typeof given === 'object' && given !== null && !Array.isArray(given))
      return { ...(given as Readonly<Record<string, unknown>>) };
  } catch (error) {
    throw invalid('A command could not be read; give { type, payload } as plain data.', error);
  }
  throw invalid(`A command was ${printed(given)}; give { type, payload }.`);
}

/** Nobody can change a payload that was let through: it is a frozen copy, but for the live objects in it. */
function copyOf({ type, written }: Operation, payload: unknown): unknown {
  try {
    return written === undefined ? toJson(payload, 'Its payload') : frozenCopy(payload);
  } catch (error) {
    throw invalid(`The ${type} command was refused: ${messageOf(error)}`, error);
  }
}

function writtenOf({ type, written }: Operation, payload: unknown): Json {
  try {
    return toJson(written!(payload), 'Its payload');
  } catch (error) {
    throw invalid(`The ${type} command was refused: ${messageOf(error)}`, error);
  }
}

const messageOf = (error: unknown): string =>
  error instanceof ArchetypeError ? error.message : 'its payload could not be read.';

const MAX_DEPTH = 50;

function frozenCopy(given: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) {
    throw new ArchetypeError(
      'invalid_argument',
      'Its payload is nested too deep, or inside itself; give plain data.',
    );
  }
  if (Array.isArray(given))
    return Object.freeze(given.map((item: unknown) => frozenCopy(item, depth + 1)));
  if (typeof given !== 'object' || given === null) return given;
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== Object.prototype && prototype !== null) return given;
  // The object of a live resource is itself, whatever it looks like.
  if (isResource((given as { of?: unknown }).of) && (given as ResourceValue).of.kind === 'live')
    return given;
  return Object.freeze(
    Object.fromEntries(
      Object.entries(given).map(([key, inner]) => [key, frozenCopy(inner, depth + 1)]),
    ),
  );
}

function refused({ type, payload }: Operation, error: z.ZodError): ArchetypeError {
  const problems = error.issues
    .slice(0, 10)
    .map(({ path, message }) =>
      short(path.length === 0 ? message : `${path.join('.')}: ${message}`),
    );
  const fields = payload instanceof z.ZodObject ? Object.keys(payload.shape) : [];
  return invalid(
    `The ${type} command was refused: ${problems.join('; ')}. Its payload takes ${fields.join(', ') || (payload instanceof z.ZodObject ? 'nothing' : 'one of two forms; see the list of operations')}.`,
    error,
  );
}

const invalid = (message: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError('invalid_command', message, cause === undefined ? {} : { cause });
