import { z } from 'zod';
import { ArchetypeError } from '../errors.ts';
import { nullable, types, type ColumnType } from './column-type.ts';

/** Column types that zod cannot express; `vector`, `json` and `entity` register theirs here. */
export const markers = z.registry<{ readonly column: ColumnType }>();

interface Inner {
  readonly innerType: z.ZodType;
}
type Reader = (schema: z.ZodType, where: string) => ColumnType;

const inner =
  (wrap: (type: ColumnType) => ColumnType): Reader =>
  (schema, where) =>
    wrap(columnTypeOf((schema.def as unknown as Inner).innerType, where));

/** zod's own kinds, each with the column that holds it. */
const readers: { readonly [kind: string]: Reader } = {
  number: (schema) => numberFormats[(schema.def as { format?: string }).format ?? ''] ?? types.f64,
  bigint: () => types.i64,
  string: () => types.utf8,
  boolean: () => types.bool,
  date: () => types.timestamp,
  enum: (schema) => memberType(Object.values((schema as z.ZodEnum).enum)),
  literal: (schema) => memberType([...(schema as z.ZodLiteral).values]),
  array: (schema, where) => ({
    kind: 'list',
    nullable: false,
    item: columnTypeOf((schema as z.ZodArray<z.ZodType>).element, `an item of ${where}`),
  }),
  object: (schema, where) => ({
    kind: 'struct',
    nullable: false,
    fields: Object.entries((schema as z.ZodObject).shape).map(([name, field]) => ({
      name,
      type: columnTypeOf(field, `${where}.${name}`),
    })),
  }),
  record: () => types.json,
  unknown: () => types.json,
  any: () => types.json,
  nullable: inner(nullable),
  optional: inner(nullable),
  default: inner((type) => type),
  prefault: inner((type) => type),
  readonly: inner((type) => type),
};

const numberFormats: { readonly [format: string]: ColumnType } = {
  float32: types.f32,
  float64: types.f64,
  int32: types.i32,
  safeint: types.i32,
  uint32: types.u32,
};

function memberType(members: readonly unknown[]): ColumnType {
  const texts = members.filter((member) => typeof member === 'string');
  if (texts.length !== members.length) return types.json;
  return { kind: 'enum', nullable: false, values: texts };
}

/** The column type of a zod schema; `where` names the field in `unsupported_field`. */
export function columnTypeOf(schema: z.ZodType, where: string): ColumnType {
  const marker = markers.get(schema);
  if (marker !== undefined) return marker.column;
  const kind = schema.def.type;
  const read = readers[kind];
  if (read === undefined) {
    throw new ArchetypeError(
      'unsupported_field',
      `${where} is a zod ${kind}, which no column can hold; use one of ${Object.keys(readers).join(', ')}, a helper such as f64() or vector(n), or json() for free data.`,
    );
  }
  return read(schema, where);
}
