import { ArchetypeError } from '../errors.ts';
import type { ColumnType } from './column-type.ts';
import { componentOf, parsePatch, type AnyComponent, type Value } from './component.ts';
import { cellFromJson, cellToJson } from './json-cell.ts';
import type { DefaultCell as Json } from './signature.ts';

type Fields = Readonly<Record<string, ColumnType>>;
type JsonFields = { readonly [field: string]: Json };

/** A value in its serialised form. @example valueToJson(Position({ x: 1 })); // { type: 'Position', x: 1, y: 0 } */
export function valueToJson(value: Value): { readonly type: string } & JsonFields {
  const { type, fields } = componentOf(value);
  return {
    type,
    ...Object.fromEntries(
      Object.entries(fields as Fields).map(([field, kind]) => [
        field,
        cellToJson(kind, (value as Readonly<Record<string, unknown>>)[field]),
      ]),
    ),
  };
}

/** The inverse of `valueToJson`, of the fields beside `type`; those left out take their defaults. @throws `invalid_value` */
export function valueFromJson(component: AnyComponent, fields: JsonFields): Value {
  return (component as unknown as (given: object) => Value)(cellsFrom(component, fields));
}

/** The inverse of `patchFromJson`. @throws `invalid_value` */
export function patchToJson(component: AnyComponent, patch: object): JsonFields {
  const types = component.fields as Fields;
  return Object.fromEntries(
    Object.entries(parsePatch(component, patch)).map(([field, cell]) => [
      field,
      cellToJson(types[field]!, cell),
    ]),
  );
}

/** Some of a component's fields in their serialised form, checked. @throws `invalid_value` */
export function patchFromJson(
  component: AnyComponent,
  fields: JsonFields,
): Readonly<Record<string, unknown>> {
  return parsePatch(component, cellsFrom(component, fields));
}

function cellsFrom(component: AnyComponent, given: JsonFields): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ArchetypeError(
      'invalid_value',
      `${component.type} was given ${JSON.stringify(given)}; give an object with its fields.`,
    );
  }
  const types = component.fields as Fields;
  return Object.fromEntries(
    Object.entries(given).map(([field, json]) => {
      const type = types[field];
      // What has not the form of its type is left as it is, for the field's own check to refuse.
      return [field, type !== undefined && hasForm(type, json) ? cellFromJson(type, json) : json];
    }),
  );
}

/** Whether `cellFromJson` can read it. */
function hasForm(type: ColumnType, json: Json): boolean {
  if (json === null) return true;
  switch (type.kind) {
    case 'i64':
      return typeof json === 'string' && /^-?\d+$/.test(json);
    case 'timestamp':
      return typeof json === 'string' && !Number.isNaN(Date.parse(json));
    case 'vector':
      return Array.isArray(json) && json.every((item) => typeof item === 'number');
    case 'list':
      return Array.isArray(json) && json.every((item) => hasForm(type.item!, item as Json));
    case 'struct':
      return (
        typeof json === 'object' &&
        !Array.isArray(json) &&
        type.fields!.every(({ name, type: inner }) =>
          hasForm(inner, (json as JsonFields)[name] ?? null),
        )
      );
    default:
      return true;
  }
}
