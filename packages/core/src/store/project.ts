import type { Column } from '../column/column.ts';
import { fromValues } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { computeAll } from '../expression/evaluate.ts';
import { callNode, columnNode } from '../expression/node.ts';
import { computeOne } from '../frame/compute.ts';
import type { Frame } from '../frame/frame.ts';
import {
  printType,
  required,
  sameType,
  type ColumnType,
  type Field,
  type Kind,
} from '../schema/column-type.ts';
import { cellFromJson } from '../schema/json-cell.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { Json } from '../state/json.ts';

/** A column to read, and what rows have that were written before there was such a column. */
export interface WantedColumn extends Field {
  /** As JSON; without one, such rows cannot be read unless the column may be null. */
  readonly default?: Json;
}

/** The columns of components, each with what older rows have instead. */
export const wantedColumns = (shapes: readonly ComponentShape[]): readonly WantedColumn[] =>
  shapes.flatMap(({ columns, defaults }) =>
    columns.map((field) =>
      Object.hasOwn(defaults, field.name) ? { ...field, default: defaults[field.name]! } : field,
    ),
  );

/** Numbers of the first kind can be read as any of the others. */
const wider: { readonly [K in Kind]?: readonly Kind[] } = {
  i32: ['f64', 'i64'],
  u32: ['f64', 'i64'],
  f32: ['f64'],
};

/** Whether cells of one type can be read as another: the same, a wider number, or null allowed where it was not. */
export function readableAs(from: ColumnType, to: ColumnType): boolean {
  if (from.nullable && !to.nullable) return false;
  const [a, b] = [required(from), required(to)];
  return sameType(a, b) || wider[a.kind]?.includes(b.kind) === true;
}

/** Whether rows without a column can be read as if they had it. */
export const hasFiller = ({ type, default: filler }: WantedColumn): boolean =>
  type.nullable || (filler !== undefined && filler !== null);

/**
 * A column of stored rows under the definition of today: new columns are filled with their default, numbers widened.
 *
 * @throws `schema_conflict`
 */
export function project(rows: Frame, wanted: WantedColumn): Column {
  const { name, type } = wanted;
  if (!rows.has(name)) {
    if (!hasFiller(wanted)) throw notReadable(name, undefined, type);
    const cell = wanted.default === undefined ? null : cellFromJson(required(type), wanted.default);
    return fromValues(type, [cell]).take(new Int32Array(rows.numRows));
  }
  const column = rows.at(name);
  if (sameType(column.type, type)) return column;
  if (!readableAs(column.type, type)) throw notReadable(name, column.type, type);
  if (sameType(required(column.type), required(type))) return column.asNullable();
  const cast = computeOne(rows, callNode('cast', [columnNode(name)], { to: required(type) }));
  computeAll([cast]);
  return type.nullable ? cast.asNullable() : cast;
}

function notReadable(
  name: string,
  stored: ColumnType | undefined,
  wanted: ColumnType,
): ArchetypeError {
  const was =
    stored === undefined
      ? `Stored rows have no column ${name}, and ${printType(wanted)} has no default for them`
      : `Column ${name} was stored as ${printType(stored)} and is asked for as ${printType(wanted)}`;
  return new ArchetypeError(
    'schema_conflict',
    `${was}; give a new field a default or make it nullable, widen numbers only, or give what changed a new name.`,
  );
}
