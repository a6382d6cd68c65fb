import type { Column } from '../column/column.ts';
import { fromValues } from '../column/columns.ts';
import { ArchetypeError, requireObject } from '../errors.ts';
import type { Schema } from '../schema/column-type.ts';
import type { Fields } from '../schema/component.ts';
import type { CellFor, RowFor, Simplify, TypeOf } from '../schema/types.ts';
import { columnTypeOf } from '../schema/zod-type.ts';
import type { DataFrame } from './data-frame.ts';
import { Frame, typed } from './frame.ts';

type FrameOf<F> = DataFrame<Simplify<{ readonly [K in keyof F]: TypeOf<F[K]> }>>;

/**
 * A frame from rows of objects. Fields are those of components; a cell left out takes the field's default, or null where
 * the field allows it.
 *
 * @throws `invalid_value`, `value_out_of_range`, `unsupported_field`
 * @example fromRows({ city: utf8(), people: i32(0) }, [{ city: 'Oslo', people: 709_000 }, { city: 'Atlantis' }])
 */
export function fromRows<const F extends Fields>(
  fields: F,
  rows: readonly RowFor<F>[],
): FrameOf<F> {
  requireObject(fields, 'fromRows', '{ x: f64() }');
  if (!Array.isArray(rows)) {
    throw new ArchetypeError(
      'invalid_argument',
      `fromRows takes a list of rows and was given ${rows === null ? 'null' : typeof rows}; for example [{ x: 1 }].`,
    );
  }
  const schema = schemaOf(fields);
  rows.forEach((row, k) => checkRow(row, k, fields));
  const columns = schema.map((field) =>
    fill(
      field,
      fields[field.name]!,
      rows.map((row) => (row as Readonly<Record<string, unknown>>)[field.name]),
    ),
  );
  return typed(new Frame(schema, columns, rows.length));
}

/**
 * A frame from columns, arrays or typed arrays of one length. Cells are copied.
 *
 * @throws `length_mismatch`, `invalid_value`, `value_out_of_range`, `unsupported_field`
 * @example fromColumns({ x: f64(), name: utf8() }, { x: new Float64Array([1, 2]), name: ['a', 'b'] })
 */
export function fromColumns<const F extends Fields>(
  fields: F,
  columns: { readonly [K in keyof F]: ArrayLike<CellFor<TypeOf<F[K]>>> },
): FrameOf<F> {
  requireObject(fields, 'fromColumns', '{ x: f64() }');
  requireObject(columns, 'fromColumns', '{ x: f64() }, { x: [1, 2] }');
  const schema = schemaOf(fields);
  const given = columns as Readonly<Record<string, ArrayLike<unknown> | undefined>>;
  const lengths = schema.map(({ name }) => {
    const length = given[name]?.length;
    if (length !== undefined) return length;
    throw new ArchetypeError(
      'invalid_argument',
      `fromColumns was given no array for column "${name}"; give one per field.`,
    );
  });
  const [numRows = 0] = lengths;
  const odd = lengths.findIndex((length) => length !== numRows);
  if (odd >= 0) {
    throw new ArchetypeError(
      'length_mismatch',
      `Column ${schema[odd]!.name} has ${lengths[odd]!} cells and ${schema[0]!.name} has ${numRows}; give columns of one length.`,
    );
  }
  const made = schema.map((field) =>
    fill(field, fields[field.name]!, Array.from(given[field.name]!)),
  );
  return typed(new Frame(schema, made, numRows));
}

const schemaOf = (fields: Fields): Schema =>
  Object.entries(fields).map(([name, field]) => ({ name, type: columnTypeOf(field, name) }));

function fill(
  { name, type }: Schema[number],
  field: Fields[string],
  cells: readonly unknown[],
): Column {
  const initial = cells.includes(undefined) ? field.safeParse(undefined) : undefined;
  const filled =
    initial?.success === true
      ? cells.map((cell) => (cell === undefined ? initial.data : cell))
      : cells;
  try {
    return fromValues(type, filled);
  } catch (error) {
    if (!(error instanceof ArchetypeError)) throw error;
    throw new ArchetypeError(error.code, `Column ${name}: ${error.message}`, { cause: error });
  }
}

function checkRow(row: unknown, k: number, fields: Fields): void {
  if (typeof row !== 'object' || row === null) {
    throw new ArchetypeError(
      'invalid_value',
      `Row ${k} is ${row === null ? 'null' : typeof row}; give objects with the fields ${Object.keys(fields).join(', ')}.`,
    );
  }
  const extra = Object.keys(row).find((name) => !Object.hasOwn(fields, name));
  if (extra === undefined) return;
  throw new ArchetypeError(
    'unknown_column',
    `Row ${k} has "${extra}", which is no field of the frame; its fields are ${Object.keys(fields).join(', ')}.`,
  );
}
