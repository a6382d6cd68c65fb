import { z } from 'zod';
import { ArchetypeError, didYouMean } from '../errors.ts';
import { makerOf, withMaker } from './brand.ts';
import type { ColumnType, Schema } from './column-type.ts';
import { checkNames } from './check-names.ts';
import { checkedParse } from './checked-parse.ts';
import { cellToJson } from './json-cell.ts';
import { toCell } from './to-cell.ts';
import type { DefaultCell } from './signature.ts';
import type { BirthRefs, EntityRef } from './entity-ref.ts';
import type { I32, Json, List, Nullable, Simplify, TypeOf, Vector } from './types.ts';
import { columnTypeOf } from './zod-type.ts';

export interface Fields {
  readonly [field: string]: z.ZodType;
}

declare const brand: unique symbol;
/** What `Position({ x: 1 })` gives: checked and frozen. Only a definition makes one. */
export type Value<N extends string = string, C extends object = object> = {
  readonly type: N;
  readonly [brand]: true;
} & { readonly [K in keyof C]-?: Cell<C[K]> };

type Cell<T> = T extends { readonly value: infer V } ? V : never;
type Given<T> = T extends { readonly value: infer V }
  ? V extends Float32Array
    ? ArrayLike<number>
    : T extends I32
      ? EntityRef
      : V
  : never;
type Input<C> = { [K in keyof C]: Given<C[K]> };
/** Some of a component's fields, for `update`. */
export type Patch<C> = C extends { readonly fields: infer F }
  ? { readonly [K in keyof F]?: Given<F[K]> }
  : never;
/**
 * Some of a component's fields, for many entities: each a value for all, or an array with one for each. Vectors may lie
 * flat, one after the other. Lists and JSON, whose values may be arrays, are values.
 */
export type Patches<C> = C extends { readonly fields: infer F }
  ? { readonly [K in keyof F]?: Given<F[K]> | Many<F[K]> }
  : never;
type Many<T> = T extends List | Json
  ? never
  : T extends Nullable<infer P>
    ? [Many<P>] extends [never]
      ? never
      : readonly (Given<P> | null)[]
    : T extends Vector
      ? readonly ArrayLike<number>[]
      : T extends I32
        ? ArrayLike<EntityRef> | BirthRefs
        : ArrayLike<Given<T>>;

/**
 * A component: call it to make a value. `C` has one column type per field; a field that has a default or may be null
 * can be left out.
 */
export interface Component<
  N extends string = string,
  C extends object = object,
> extends AnyComponent {
  (...values: {} extends C ? [values?: Input<C>] : [values: Input<C>]): Value<N, C>;
  readonly type: N;
  readonly prefix: Lowercase<N>;
  readonly fields: { readonly [K in keyof C]-?: C[K] };
}

/** Any component, whatever its fields. */
export interface AnyComponent {
  /** Its name, for example `Position`. */
  readonly type: string;
  /** What its columns begin with, for example `position`. */
  readonly prefix: string;
  /** Field name to column type. */
  readonly fields: object;
  /** Its columns, in definition order, under their full names. */
  readonly columns: Schema;
  /** By column, as JSON: the default of each field that has one. */
  readonly defaults: { readonly [column: string]: DefaultCell };
}

type Omittable<S> = {
  [K in keyof S]: undefined extends z.input<S[K] & z.ZodType> ? K : never;
}[keyof S];
type FieldTypes<S> = Simplify<
  { readonly [K in Exclude<keyof S, Omittable<S>>]: TypeOf<S[K]> } & {
    readonly [K in Extract<keyof S, Omittable<S>>]?: TypeOf<S[K]>;
  }
>;

/** What the engine knows of a definition beyond its public face. */
interface Definition {
  readonly component: AnyComponent;
  readonly schema: z.ZodObject;
  readonly fields: readonly (readonly [field: string, type: ColumnType])[];
}
const definitions = new WeakMap<AnyComponent, Definition>();

/**
 * Defines a component: a named, typed group of fields. Each field becomes the column `<name in lower case>__<field>`.
 * A component without fields is a tag.
 *
 * @throws `invalid_name`, `reserved_name`, `unsupported_field`
 * @example
 * const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
 * const Frozen = defineComponent('Frozen');
 * Position({ x: 1 }); // { type: 'Position', x: 1, y: 0 }
 */
export function defineComponent<const N extends string, S extends Fields = {}>(
  name: N,
  fields?: S,
): Component<N, FieldTypes<S>> {
  checkNames(name, Object.keys(fields ?? {}));
  const schema = z.strictObject({ ...fields });
  const prefix = name.toLowerCase();
  const types: Record<string, ColumnType> = {};
  for (const [field, type] of Object.entries(fields ?? {})) {
    types[field] = Object.freeze(columnTypeOf(type, `${name}.${field}`));
  }
  const component = Object.assign((values: object = {}) => make(component, values), {
    type: name,
    prefix,
    fields: Object.freeze(types),
    columns: Object.freeze(
      Object.entries(types).map(([field, type]) => ({ name: `${prefix}__${field}`, type })),
    ),
    defaults: Object.freeze(defaultsOf(prefix, fields ?? {}, types)),
  });
  Object.defineProperty(component, 'name', { value: name });
  Object.freeze(component);
  definitions.set(component, { component, schema, fields: Object.entries(types) });
  return component as unknown as Component<N, FieldTypes<S>>;
}

function defaultsOf(
  prefix: string,
  fields: Fields,
  types: Readonly<Record<string, ColumnType>>,
): Record<string, DefaultCell> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, schema]) => {
      const given = schema.safeParse(undefined);
      if (!given.success || given.data === undefined) return [];
      return [[`${prefix}__${field}`, cellToJson(types[field]!, given.data)] as const];
    }),
  );
}

/** All fields, defaults filled in, checked. @throws `invalid_value` */
function make(component: AnyComponent, given: object): Value {
  const { schema, fields } = definitionOf(component);
  const parsed = checkedParse(schema, given, `A ${component.type} value`);
  if (!parsed.success) throw invalid(component, parsed.error);
  const value: Record<string, unknown> = { type: component.type };
  for (const [field, type] of fields)
    value[field] = toCell(parsed.data[field], type, `${component.type}.${field}`);
  return Object.freeze(withMaker(value, component)) as unknown as Value;
}

/** Only the fields given, checked; no defaults. @throws `invalid_value` */
export function parsePatch(component: AnyComponent, given: unknown): Record<string, unknown> {
  const cells: Record<string, unknown> = {};
  if (typeof given !== 'object' || given === null) {
    throw new ArchetypeError(
      'invalid_value',
      `An update of ${component.type} was given ${String(given)}; give an object with the fields to set.`,
    );
  }
  for (const [field, value] of Object.entries(given)) {
    const check = checkOf(component, field);
    if (value !== undefined) cells[field] = check(value);
  }
  return cells;
}

/** Checks one field's value and gives its cell. @throws `invalid_value`, also for a field that does not exist */
export function checkOf(component: AnyComponent, field: string): (value: unknown) => unknown {
  const { shape } = definitionOf(component).schema;
  const check = shape[field] as z.ZodType | undefined;
  if (check === undefined) {
    const names = Object.keys(shape);
    throw new ArchetypeError(
      'invalid_value',
      `${component.type} has no field "${field}"${didYouMean(field, names)} It has: ${names.join(', ') || 'none'}.`,
    );
  }
  const type = (component.fields as Record<string, ColumnType>)[field]!;
  return (value) => {
    const where = `${component.type}.${field}`;
    const parsed = checkedParse(check, value, `A value for ${where}`);
    if (parsed.success) return toCell(parsed.data, type, where);
    const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [field, ...issue.path] }));
    throw invalid(component, new z.ZodError(issues));
  };
}

function invalid(component: AnyComponent, error: z.ZodError): ArchetypeError {
  const problems = error.issues.map((issue) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`,
  );
  return new ArchetypeError(
    'invalid_value',
    `A ${component.type} value was refused: ${problems.join('; ')}. Its fields are ${Object.keys(component.fields).join(', ') || 'none'}.`,
    { cause: error },
  );
}

function definitionOf(component: AnyComponent): Definition {
  const definition = definitions.get(component);
  if (definition === undefined) {
    throw new ArchetypeError(
      'invalid_argument',
      `${describe(component)} is not a component; give what defineComponent returned.`,
    );
  }
  return definition;
}

const isComponent = (given: unknown): given is AnyComponent =>
  typeof given === 'function' && definitions.has(given as unknown as AnyComponent);

/** The component that made a value. @throws `invalid_argument` for anything else */
export function componentOf(value: Value): AnyComponent {
  const component = makerOf(value) as AnyComponent | undefined;
  if (component === undefined) {
    throw new ArchetypeError(
      'invalid_argument',
      `${describe(value)} is not a component value; call the component, for example Position({ x: 1 }).`,
    );
  }
  return component;
}

export function requireComponent(given: unknown): AnyComponent {
  return definitionOf(given as AnyComponent).component;
}

function describe(given: unknown): string {
  if (isComponent(given)) return `The component ${given.type} itself`;
  const printed = typeof given === 'function' ? 'A function' : JSON.stringify(given);
  return printed ?? String(given);
}
