import { ArchetypeError } from '../errors.ts';
import { isNumber, printType } from '../schema/column-type.ts';
import type { Frame } from './frame.ts';

/** Coordinates in memory. @throws `unknown_column`, `type_mismatch`, `invalid_value` for null */
export function readPositions(frame: Frame, name: string): ArrayLike<number> {
  const column = frame.at(name);
  if (!isNumber(column.type)) {
    throw new ArchetypeError(
      'type_mismatch',
      `Column ${name} is ${printType(column.type)}; positions are numbers.`,
    );
  }
  const missing = column.validity?.indexOf(0) ?? -1;
  if (missing >= 0) {
    throw new ArchetypeError(
      'invalid_value',
      `${printRow(frame, missing)} has no ${name}; filter the rows that have no position.`,
    );
  }
  return column.data as Float64Array;
}

/** A row as messages name it: `Row 3 (entity 7)`. */
export const printRow = (frame: Frame, row: number): string =>
  `Row ${row}${frame.has('entity_id') ? ` (entity ${String(frame.at('entity_id').get(row))})` : ''}`;
