import { constant, Frame, types, type Field, type Schema } from '@archetype/core';

const activeField: Field = { name: 'is_active', type: types.bool };

/**
 * What to read of a part for these columns. Where every row is of a living entity, nothing says so row by row: engines walk
 * such a column from its beginning to the rows that are asked for.
 */
export const columnsApart = (wanted: Schema, allActive: boolean): Schema =>
  allActive ? wanted.filter(({ name }) => name !== activeField.name) : wanted;

/** Rows that were read so, with all columns that are wanted. */
export function withActive(rows: Frame, wanted: Schema): Frame {
  if (rows.has(activeField.name)) return rows;
  const n = rows.numRows;
  const columns = wanted.map(({ name }) =>
    name === activeField.name ? constant(activeField.type, n, true) : rows.at(name),
  );
  return new Frame(wanted, columns, n);
}
