import type { Column } from '../column/column.ts';
import type { Op } from './op.ts';

/** The columns that inputs stand for. */
export type Inputs = ReadonlyMap<Op, Column>;

/** Both, unless an input stands for another column in each: one plan, run over two frames. */
export function joined(a: Inputs | undefined, b: Inputs): Inputs | undefined {
  if (a === undefined || a === b) return b;
  let all = true;
  for (const [op, column] of b) {
    const known = a.get(op);
    if (known === undefined) all = false;
    else if (known !== column) return undefined;
  }
  return all ? a : new Map([...a, ...b]);
}

/** The same operation over inputs of its own, which stand for the same columns. */
export function apart(op: Op, inputs: Inputs): { readonly op: Op; readonly inputs: Inputs } {
  const copies = new Map<Op, Op>();
  const own = new Map<Op, Column>();
  const copy = (from: Op): Op => {
    const known = copies.get(from);
    if (known !== undefined) return known;
    const made: Op = { ...from, args: from.args.map(copy) };
    copies.set(from, made);
    if (from.kind === 'input') own.set(made, inputs.get(from)!);
    return made;
  };
  return { op: copy(op), inputs: own };
}
