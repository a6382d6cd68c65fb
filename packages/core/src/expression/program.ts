import type { ColumnType } from '../schema/column-type.ts';
import type { Buffers } from './memory.ts';
import type { Op } from './plan.ts';

/** A column to compute: the operation that gives its cells, and its type. */
export interface Output {
  readonly op: Op;
  readonly type: ColumnType;
}

/** An output of a plan, which lasts as long as the plan does. */
export interface PlannedOutput extends Output {
  readonly name: string;
  /** The program that computed it last, as the first of its outputs. */
  program: Program | undefined;
}

/** Operations in an order in which they can be computed, each once, and those whose results are kept. */
export interface Program {
  readonly ops: readonly Op[];
  /** Those of them that read a column. */
  readonly inputs: readonly Op[];
  readonly outputs: readonly Output[];
  /** The loop that ran last. */
  prepared: Prepared | undefined;
}

/** A loop with the values it reads. */
export interface Prepared {
  /** Of each input, whether it has nulls. */
  readonly nulls: readonly boolean[];
  readonly run: (n: number, buffers: Buffers) => void;
}

export function programOf(outputs: readonly Output[]): Program {
  const ops = new Set<Op>();
  const visit = (op: Op): void => {
    if (ops.has(op)) return;
    op.args.forEach(visit);
    ops.add(op);
  };
  outputs.forEach(({ op }) => visit(op));
  return {
    ops: [...ops],
    inputs: [...ops].filter((op) => op.kind === 'input'),
    outputs,
    prepared: undefined,
  };
}
