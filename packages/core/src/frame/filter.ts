import { ArchetypeError } from '../errors.ts';
import { toNode } from '../expression/expression.ts';
import type { Node } from '../expression/node.ts';
import { printType, required } from '../schema/column-type.ts';
import { builtBy } from './accessor.ts';
import { computeOne } from './compute.ts';
import type { Frame } from './frame.ts';

/** The rows for which the condition holds, in their order. */
export function filter(frame: Frame, build: (c: never) => unknown): Frame {
  return filterBy(frame, toNode(builtBy('filter', frame.schema, build)));
}

export function filterBy(frame: Frame, condition: Node): Frame {
  const rows = rowsThat('filter', frame, condition);
  return rows.length === frame.numRows ? frame : frame.take(rows);
}

/** Where the condition holds; null counts as false. `verb` is who asks. */
export function rowsThat(verb: string, frame: Frame, condition: Node): Int32Array {
  const keep = computeOne(frame, condition);
  if (required(keep.type).kind !== 'bool') {
    throw new ArchetypeError(
      'type_mismatch',
      `${verb} needs a condition and was given ${printType(keep.type)}; compare it, for example c.position.x.gt(0).`,
    );
  }
  const holds = keep.data as Uint8Array;
  const rows = new Int32Array(frame.numRows);
  let n = 0;
  for (let i = 0; i < holds.length; i++) {
    if (holds[i] === 1 && keep.validity?.[i] !== 0) rows[n++] = i;
  }
  return rows.subarray(0, n);
}
