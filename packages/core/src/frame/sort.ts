import type { Column } from '../column/column.ts';
import { ArchetypeError } from '../errors.ts';
import { compareRows } from '../column/compare-rows.ts';
import type { SortKey } from './verb-types.ts';
import type { Frame } from './frame.ts';
import { radixOrder } from '../column/radix-order.ts';

/** Rows in the order of the first key, equal ones in that of the next; rows equal in all keep their order. */
export function sort(frame: Frame, keys: readonly SortKey[]): Frame {
  const columns = keys.map((key): SortColumn => {
    if (key === null || (typeof key !== 'string' && typeof key !== 'object')) {
      throw new ArchetypeError(
        'invalid_argument',
        `sort was given ${String(key)}; give a column's name, or { by, order }.`,
      );
    }
    const { by, order = 'ascending' } = typeof key === 'string' ? { by: key } : key;
    if (order !== 'ascending' && order !== 'descending') {
      throw new ArchetypeError(
        'invalid_argument',
        `sort was told order: ${JSON.stringify(order)}; use "ascending" or "descending".`,
      );
    }
    return { name: by, column: frame.at(by), descending: order === 'descending' };
  });
  return columns.length === 0 ? frame : frame.take(orderOf(columns, frame.numRows));
}

interface SortColumn {
  readonly name: string;
  readonly column: Column;
  readonly descending: boolean;
}

function orderOf(columns: readonly SortColumn[], numRows: number): Int32Array {
  const orders = columns.map(({ name, column, descending }) =>
    compareRows(column, name, descending),
  );
  const [first] = columns;
  if (columns.length === 1) {
    const order = radixOrder(first!.column, first!.descending);
    if (order !== undefined) return order;
  }
  const rows = new Int32Array(numRows);
  for (let row = 0; row < numRows; row++) rows[row] = row;
  return rows.toSorted((a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}
