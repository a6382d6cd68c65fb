import type { ColumnType } from '../schema/column-type.ts';
import type { Op } from './op.ts';

/** A column to compute: the operation that gives its cells, and its type. */
export interface Output {
  readonly op: Op;
  readonly type: ColumnType;
}

/** An output of a plan. */
export interface PlannedOutput extends Output {
  readonly name: string;
  /** The same object in every tick, as long as the same is asked. */
  readonly lasting: boolean;
}

/** Operations in an order in which they can be computed, each once, and those whose results are kept. */
export interface Program {
  readonly ops: readonly Op[];
  /** Those of them that read a column. */
  readonly inputs: readonly Op[];
  readonly outputs: readonly Output[];
}

export function programOf(outputs: readonly Output[]): Program {
  const ops = new Set<Op>();
  const visit = (op: Op): void => {
    if (ops.has(op)) return;
    op.args.forEach(visit);
    ops.add(op);
  };
  outputs.forEach(({ op }) => visit(op));
  return { ops: [...ops], inputs: [...ops].filter((op) => op.kind === 'input'), outputs };
}

/** The operations that read a column for these outputs. */
export const inputsIn = (outputs: readonly Output[]): readonly Op[] => programOf(outputs).inputs;
