import { z } from 'zod';
import { ArchetypeError } from '../errors.ts';
import { checkedParse } from '../schema/checked-parse.ts';
import { jsonCopy } from '../schema/json-copy.ts';
import type { Json } from './json.ts';

declare const held: unique symbol;

/** Any resource, whatever it holds. */
export interface AnyResource {
  readonly resource: string;
  readonly kind: 'data' | 'live';
}

/** A resource that holds a `T`. */
export interface ResourceOf<T> extends AnyResource {
  readonly [held]: T;
}

/**
 * A named object that processors read. Call it to give it a value: `Gravity(1.6)`. Data resources are checked and
 * recorded with the world; live ones (a client, a cache) never are. `I` is what may be given, `T` what is read.
 */
export interface Resource<
  T = unknown,
  K extends 'data' | 'live' = 'data' | 'live',
  I = T,
> extends ResourceOf<T> {
  (value: I): ResourceValue;
  readonly kind: K;
}

/** A value for one resource of one world. */
export interface ResourceValue {
  readonly resource: string;
  readonly of: AnyResource;
  readonly value: unknown;
}

interface Definition {
  readonly schema?: z.ZodType;
  readonly fork?: 'share' | ((value: unknown) => unknown);
}
const definitions = new WeakMap<AnyResource, Definition>();

/**
 * Defines a resource. With a `schema` it is data: its value is JSON of at most 100 levels, checked, recorded in the commit of the tick that
 * sees it, copied by forks, and frozen for processors. With `fork` it is live: supplied again on resume, and shared with
 * forks or made anew for each.
 *
 * @throws `invalid_name`
 * @example
 * const Gravity = defineResource('gravity', { schema: f64(9.8) });
 * const Model = defineResource<Client>('model', { fork: 'share' });
 */
export function defineResource<S extends z.ZodType>(
  name: string,
  options: { readonly schema: S },
): Resource<z.output<S>, 'data', z.input<S>>;
export function defineResource<T>(
  name: string,
  options: { readonly fork: 'share' | ((value: T) => T) },
): Resource<T, 'live'>;
export function defineResource(name: string, options: Definition): never {
  if (typeof name !== 'string' || !/^[A-Za-z][\w.-]*$/.test(name)) {
    throw new ArchetypeError(
      'invalid_name',
      `Resource name ${JSON.stringify(name)} must begin with a letter and hold letters, digits, ".", "_" and "-".`,
    );
  }
  if ((options?.schema === undefined) === (options?.fork === undefined)) {
    throw new ArchetypeError(
      'invalid_definition',
      `Resource "${name}" needs either a schema (data) or fork (live object).`,
    );
  }
  const resource = Object.assign(
    (value: unknown): ResourceValue =>
      Object.freeze({
        resource: name,
        of: resource,
        value: options.schema === undefined ? value : parseData(resource, value),
      }),
    { resource: name, kind: options.schema === undefined ? 'live' : 'data' },
  ) as unknown as AnyResource;
  definitions.set(resource, options);
  return Object.freeze(resource) as never;
}

/** A data resource's value, checked and deeply frozen. @throws `invalid_value` */
export function parseData(resource: AnyResource, value: unknown): Json {
  const { schema } = definitionOf(resource);
  const what = `The value of data resource "${resource.resource}"`;
  const parsed = checkedParse(schema!, value, what);
  if (!parsed.success) {
    throw new ArchetypeError(
      'invalid_value',
      `A value for resource "${resource.resource}" was refused: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
      { cause: parsed.error },
    );
  }
  return jsonCopy(parsed.data, what);
}

/** The value a resource has when none is given, or undefined when it needs one. */
export function defaultOf(resource: AnyResource): ResourceValue | undefined {
  const { schema } = definitionOf(resource);
  if (schema === undefined || !schema.safeParse(undefined).success) return undefined;
  return (resource as unknown as (value: unknown) => ResourceValue)(undefined);
}

/** What a fork gets of a live resource. */
export function forkLive(resource: AnyResource, value: unknown): unknown {
  const { fork } = definitionOf(resource);
  return typeof fork === 'function' ? fork(value) : value;
}

export const isResource = (given: unknown): given is AnyResource =>
  typeof given === 'function' && definitions.has(given as unknown as AnyResource);

function definitionOf(resource: AnyResource): Definition {
  const definition = definitions.get(resource);
  if (definition !== undefined) return definition;
  throw new ArchetypeError(
    'invalid_argument',
    'A resource was needed; give what defineResource returned, or a value made with it.',
  );
}

/**
 * A value for a resource, given as JSON.
 *
 * @throws `invalid_value` for a value that is not the resource's, and for a live object, which has no JSON
 */
export function resourceFromJson(resource: AnyResource, value: Json): ResourceValue {
  if (resource.kind === 'data')
    return (resource as unknown as (given: Json) => ResourceValue)(value);
  throw new ArchetypeError(
    'invalid_value',
    `The resource "${resource.resource}" is a live object, which cannot be given as JSON; set it in the process that runs the world.`,
  );
}
