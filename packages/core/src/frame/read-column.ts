import type { Column } from '../column/column.ts';
import { isNumber, type ColumnType } from '../schema/column-type.ts';

/** Kinds whose memory is what users work with. */
export const hasTypedArray = (type: ColumnType): boolean =>
  !type.nullable &&
  (isNumber(type) || type.kind === 'i64' || type.kind === 'timestamp' || type.kind === 'vector');

/** Cells as an array: typed memory where there is some (a copy, or shared for reading), JavaScript values otherwise. */
export function readColumn(column: Column, access: 'copy' | 'share'): unknown {
  if (hasTypedArray(column.type)) {
    const data = column.data as Float64Array;
    return access === 'copy' ? data.slice() : data;
  }
  return Array.from({ length: column.length }, (_, row) => column.get(row));
}
