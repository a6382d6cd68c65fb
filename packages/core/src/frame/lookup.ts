import { takeOrNull } from '../column/take-or-null.ts';
import { ArchetypeError } from '../errors.ts';
import type { Frame } from './frame.ts';
import { matchRows } from './match-rows.ts';

/** Columns of the one row of `other` that each row names; null where it names none. */
export function lookup(
  frame: Frame,
  name: string,
  other: Frame,
  columns: Readonly<Record<string, string>>,
  key: string,
): Frame {
  const { codes, starts, rows } = matchRows(frame, [name], other, [key]);
  const found = new Int32Array(codes.length).fill(-1);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code < 0 || starts[code] === starts[code + 1]) continue;
    if (starts[code + 1]! - starts[code]! > 1) {
      throw new ArchetypeError(
        'invalid_argument',
        `lookup found ${starts[code + 1]! - starts[code]!} rows with ${key} ${String(frame.at(name).get(row))}, and each row needs one; use distinct('${key}') first, or join.`,
      );
    }
    found[row] = rows[starts[code]!]!;
  }
  const added = Object.entries(columns).map(([to, from]) => {
    if (!frame.has(to)) return [to, takeOrNull(other.at(from), found)] as const;
    throw new ArchetypeError(
      'invalid_argument',
      `lookup would make a second column "${to}"; use another name.`,
    );
  });
  return frame.replace(new Map(added));
}
