import type { Column } from '../column/column.ts';
import type { ColumnType } from '../schema/column-type.ts';
import type { OverNode } from './node.ts';
import type { Op } from './op.ts';

/** A column as a planner sees it. */
export interface Source {
  readonly type: ColumnType;
  /** The operation that computes it, while nobody has. */
  readonly by: Op | undefined;
  /** Whether it is the same operation in every tick. */
  readonly lasting: boolean;
}

/** Where a planner finds columns. */
export interface Columns {
  readonly names: Iterable<string>;
  source(name: string): Source | undefined;
  /** A window aggregate as a column. */
  window(node: OverNode, depth: number): Column;
}

/** A column that a plan reads: what it was when the plan was made, and the operation that stands for it. */
export interface Read extends Source {
  readonly name: string;
  readonly op: Op;
}
