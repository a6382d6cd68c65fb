import type { Column } from './column.ts';
import { columnOf, fromValues } from './columns.ts';

/** The cells of these rows, null where a row is -1. */
export function takeOrNull(column: Column, rows: Int32Array): Column {
  const nullable = column.asNullable();
  if (!rows.includes(-1)) return nullable.take(rows);
  const { type } = nullable;
  if (column.length === 0) {
    return fromValues(
      type,
      Array.from(rows, () => null),
    );
  }
  const taken = column.take(rows.map((row) => Math.max(row, 0)));
  const validity = Uint8Array.from(rows, (row, k) => (row < 0 ? 0 : (taken.validity?.[k] ?? 1)));
  return columnOf(type, rows.length, taken.data, validity);
}
