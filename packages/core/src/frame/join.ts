import type { Column } from '../column/column.ts';
import { takeOrNull } from '../column/take-or-null.ts';
import { ArchetypeError } from '../errors.ts';
import type { Frame } from './frame.ts';
import { matchRows, type Matches } from './match-rows.ts';

type Names = string | readonly string[];
export interface JoinOptions {
  readonly on: Names | { readonly left: Names; readonly right: Names };
  readonly how?: 'inner' | 'left' | 'semi' | 'anti';
  readonly suffix?: string;
}

const HOWS = ['inner', 'left', 'semi', 'anti'];

/** Rows of two frames that have equal keys, in the order of the left frame, then of the right one. */
export function join(left: Frame, right: Frame, options: JoinOptions): Frame {
  const { on, how = 'inner', suffix = '_right' } = options ?? {};
  const keys = keysOf(on);
  if (!HOWS.includes(how)) {
    throw new ArchetypeError(
      'invalid_argument',
      `join was told how: ${JSON.stringify(how)}; use one of ${HOWS.join(', ')}.`,
    );
  }
  const matches = matchRows(left, keys.left, right, keys.right);
  if (how === 'semi' || how === 'anti') return left.take(rowsWith(matches, how === 'semi'));
  const pairs = pairsOf(matches, how === 'left');
  const names = right.columnNames.filter((name) => !keys.right.includes(name));
  const added = new Map(
    names.map((name): [string, Column] => {
      const column = right.at(name);
      const taken = how === 'left' ? takeOrNull(column, pairs.right) : column.take(pairs.right);
      return [left.has(name) ? `${name}${suffix}` : name, taken];
    }),
  );
  const taken = left.take(pairs.left);
  checkNames(taken, added, suffix, names.length);
  return taken.replace(added);
}

const list = (names: Names): readonly string[] => (typeof names === 'string' ? [names] : names);

function keysOf(on: JoinOptions['on']): { left: readonly string[]; right: readonly string[] } {
  const both = typeof on === 'object' && on !== null && 'left' in on ? on : { left: on, right: on };
  const [left, right] = [list(both.left), list(both.right)];
  if (left?.length > 0 && left.length === right?.length) return { left, right };
  throw new ArchetypeError(
    'invalid_argument',
    `join was given ${left?.length ?? 0} keys on the left and ${right?.length ?? 0} on the right; give at least one, and as many on both sides.`,
  );
}

function rowsWith({ codes, starts }: Matches, matched: boolean): Int32Array {
  const rows = new Int32Array(codes.length);
  let n = 0;
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if ((code >= 0 && starts[code + 1]! > starts[code]!) === matched) rows[n++] = row;
  }
  return rows.subarray(0, n);
}

/** Row numbers side by side; with `keepAll` a left row that nothing matches stands beside -1. */
function pairsOf(
  { codes, starts, rows }: Matches,
  keepAll: boolean,
): { readonly left: Int32Array; readonly right: Int32Array } {
  const count = (row: number): number => {
    const code = codes[row]!;
    return code < 0 ? 0 : starts[code + 1]! - starts[code]!;
  };
  let total = 0;
  for (let row = 0; row < codes.length; row++) total += Math.max(count(row), keepAll ? 1 : 0);
  const [left, right] = [new Int32Array(total), new Int32Array(total)];
  let at = 0;
  for (let row = 0; row < codes.length; row++) {
    const n = count(row);
    const from = n === 0 ? 0 : starts[codes[row]!]!;
    for (let k = 0; k < n; k++) {
      left[at] = row;
      right[at++] = rows[from + k]!;
    }
    if (n === 0 && keepAll) {
      left[at] = row;
      right[at++] = -1;
    }
  }
  return { left, right };
}

function checkNames(
  left: Frame,
  added: ReadonlyMap<string, unknown>,
  suffix: string,
  expected: number,
): void {
  const taken = [...added.keys()].find((name) => left.has(name));
  if (taken === undefined && added.size === expected) return;
  throw new ArchetypeError(
    'invalid_argument',
    `With the suffix "${suffix}" join would make two columns of one name${taken === undefined ? '' : `, ${taken}`}; use another suffix, or drop or rename the column first.`,
  );
}
