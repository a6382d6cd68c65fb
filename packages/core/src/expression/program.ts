import type { Column } from '../column/column.ts';
import type { ColumnType } from '../schema/column-type.ts';
import type { Op } from './plan.ts';

/** Operations in an order in which they can be computed, each once, and those whose results are kept. */
export interface Program {
  readonly ops: readonly Op[];
  /** The columns that operations read, each once. */
  readonly inputs: readonly Column[];
  readonly outputs: readonly { readonly op: Op; readonly type: ColumnType }[];
}

export function programOf(outputs: Program['outputs']): Program {
  const ops = new Set<Op>();
  const inputs = new Set<Column>();
  const visit = (op: Op): void => {
    if (ops.has(op)) return;
    op.args.forEach(visit);
    ops.add(op);
    if (op.kind === 'input') inputs.add(op.column);
  };
  outputs.forEach(({ op }) => visit(op));
  return { ops: [...ops], inputs: [...inputs], outputs };
}
