import { Frame } from '../frame/frame.ts';
import type { Signature } from '../schema/signature.ts';
import type { Table } from '../state/snapshot.ts';

/** The state of a table at a tick whose rows were stored at tick `since`: tombstones left out. */
export function livingRows(signature: Signature, rows: Frame, since: number): Table {
  const active = rows.at('is_active');
  const living = rowsWhere(rows.numRows, (row) => active.get(row) === true);
  const whole = living.length === rows.numRows;
  const kept = whole ? rows : rows.take(living);
  const columns = signature.state.map((field) => kept.at(field.name));
  return {
    signature,
    frame: new Frame(signature.state, columns, kept.numRows),
    since: whole ? since : undefined,
  };
}

function rowsWhere(n: number, test: (row: number) => boolean): Int32Array {
  const rows = new Int32Array(n);
  let kept = 0;
  for (let row = 0; row < n; row++) if (test(row)) rows[kept++] = row;
  return rows.subarray(0, kept);
}
