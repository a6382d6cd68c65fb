import type { Column } from '../column/column.ts';
import { fromValues } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { printType, required, sameType, type ColumnType } from '../schema/column-type.ts';
import type { Fields } from '../schema/component.ts';
import { isBaseColumn } from '../schema/signature.ts';
import { columnTypeOf } from '../schema/zod-type.ts';
import type { Frame } from './frame.ts';

/** A column that code over rows writes. */
export interface RowOutput {
  readonly name: string;
  readonly type: ColumnType;
  /** What a row without a value gets: the field's default, or `undefined`. */
  readonly initial: unknown;
  /** The column that is there already. */
  readonly before: Column | undefined;
}

/** Columns named, or columns with their fields. @throws `unknown_column`, `reserved_column`, `type_mismatch` */
export function rowOutputs(frame: Frame, given: readonly string[] | Fields): readonly RowOutput[] {
  const fields = isNames(given) ? undefined : given;
  const names = isNames(given) ? [...new Set(given)] : Object.keys(given);
  return names.map((name) => {
    if (isBaseColumn(name)) {
      throw new ArchetypeError(
        'reserved_column',
        `${name} cannot be written: the engine owns that column.`,
      );
    }
    const field = fields?.[name];
    const before = field === undefined || frame.has(name) ? frame.at(name) : undefined;
    if (field === undefined) return { name, type: before!.type, initial: undefined, before };
    const type = columnTypeOf(field, name);
    if (before !== undefined && !fits(type, before.type)) {
      throw new ArchetypeError(
        'type_mismatch',
        `Column ${name} is ${printType(before.type)} and was given a field of type ${printType(type)}; use a field of the column's type, or another name.`,
      );
    }
    const initial = field.safeParse(undefined);
    return { name, type: before?.type ?? type, initial: initial.data, before };
  });
}

const isNames = (given: readonly string[] | Fields): given is readonly string[] =>
  Array.isArray(given);

function fits(from: ColumnType, to: ColumnType): boolean {
  if (from.nullable && !to.nullable) return false;
  const [a, b] = [required(from), required(to)];
  if (sameType(a, b)) return true;
  if (a.kind !== 'enum') return false;
  return b.kind === 'utf8' || a.values!.every((value) => b.values?.includes(value));
}

/** @throws `invalid_value`, `value_out_of_range`, naming column and row */
export function cellsToColumn(name: string, type: ColumnType, cells: readonly unknown[]): Column {
  try {
    return fromValues(type, cells);
  } catch (error) {
    cells.forEach((cell, row) => checkCell(name, type, cell, row));
    throw error;
  }
}

/** @throws `invalid_value`, `value_out_of_range`, naming column and row */
export function checkCell(name: string, type: ColumnType, cell: unknown, row: number): void {
  const missing = cell === undefined || (cell === null && type.kind !== 'json');
  if (missing && !type.nullable) {
    throw new ArchetypeError(
      'invalid_value',
      `Column ${name}, row ${row} has no value, and a column of type ${printType(type)} needs one in every row; give one, or make the column nullable.`,
    );
  }
  try {
    fromValues(type, [cell]);
  } catch (error) {
    if (!(error instanceof ArchetypeError)) throw error;
    throw new ArchetypeError(error.code, `Column ${name}, row ${row}: ${error.message}`, {
      cause: error,
    });
  }
}
