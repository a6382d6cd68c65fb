import { printType, type ColumnType } from '../schema/column-type.ts';
import type { Op } from './op.ts';
import type { Program } from './program.ts';

const keys = new WeakMap<ColumnType, string>();

function typeKey(type: ColumnType): string {
  let key = keys.get(type);
  if (key === undefined) keys.set(type, (key = printType(type)));
  return key;
}

/** What of an operation's kind decides over the code that computes it; its values never do. */
function kindOf(op: Op): string {
  switch (op.kind) {
    case 'input':
      return 'i';
    case 'literal':
      return op.value === null ? '0' : 'l';
    case 'strict':
    case 'null':
      return op.name;
    case 'convert':
      return `>${op.by.js?.('#') ?? ''}${op.lenient ? '?' : ''}${op.by.lossy === true ? '!' : ''}`;
    case 'member':
      return 'm';
    case 'random':
      return `r${op.draw}`;
  }
}

/**
 * Names what decides over a program's code, as `writeLoop` writes it, and nothing else: programs of one shape share a loop,
 * and one that is planned again finds it without being written again.
 */
export function shapeOf(
  { ops, inputs, outputs }: Program,
  present: readonly (Uint8Array | undefined)[],
): string {
  const places = new Map<Op, number>();
  let shape = '';
  for (const op of ops) {
    places.set(op, places.size);
    shape += kindOf(op);
    if (op.kind === 'input') {
      const k = inputs.indexOf(op);
      shape += present[k] === undefined ? k : `${k}?`;
    }
    for (const arg of op.args) shape += `,${places.get(arg)!}`;
    shape += `:${typeKey(op.type)};`;
  }
  for (const { op, type } of outputs) shape += `=${places.get(op)!}:${typeKey(type)}`;
  return shape;
}
