import type { Column } from '../column/column.ts';
import { concat } from '../column/columns.ts';
import { factorise } from '../column/factorise.ts';
import { ArchetypeError } from '../errors.ts';
import { nullable, printType, required, sameType } from '../schema/column-type.ts';
import type { Frame } from './frame.ts';

/** Which rows of a right frame have the keys of each row of a left one. */
export interface Matches {
  /** The right rows of left row `i` are `rows[starts[code] .. starts[code + 1]]` with `code = codes[i]`; none below 0. */
  readonly codes: Int32Array;
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/** Keys match as in SQL: null matches nothing, NaN matches NaN. @throws `type_mismatch` */
export function matchRows(
  left: Frame,
  leftKeys: readonly string[],
  right: Frame,
  rightKeys: readonly string[],
): Matches {
  const [a, b] = [left.numRows, right.numRows];
  const both = leftKeys.map((name, k) => stack(left, name, right, rightKeys[k]!));
  const { codes, first } = factorise(both, a + b);
  dropNulls(both, codes);
  const starts = new Int32Array(first.length + 1);
  for (let row = a; row < a + b; row++) if (codes[row]! >= 0) starts[codes[row]! + 1]!++;
  for (let code = 0; code < first.length; code++) starts[code + 1]! += starts[code]!;
  const rows = new Int32Array(starts[first.length]!);
  const at = starts.slice();
  for (let row = a; row < a + b; row++) {
    if (codes[row]! >= 0) rows[at[codes[row]!]!++] = row - a;
  }
  return { codes: codes.subarray(0, a), starts, rows };
}

function stack(left: Frame, leftKey: string, right: Frame, rightKey: string): Column {
  const [x, y] = [left.at(leftKey), right.at(rightKey)];
  if (!sameType(required(x.type), required(y.type))) {
    throw new ArchetypeError(
      'type_mismatch',
      `${leftKey} holds ${printType(x.type)} on the left and ${rightKey} holds ${printType(y.type)} on the right; keys need one type, so cast one of them.`,
    );
  }
  const type = x.type.nullable || y.type.nullable ? nullable(x.type) : x.type;
  return concat(type, [x, y]);
}

function dropNulls(keys: readonly Column[], codes: Int32Array): void {
  for (const { validity } of keys) {
    if (validity === undefined) continue;
    for (let row = 0; row < codes.length; row++) if (validity[row] === 0) codes[row] = -1;
  }
}
