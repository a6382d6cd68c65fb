import type { ColumnType } from '../schema/column-type.ts';

/** An expression as frozen, serialisable data. */
export type Node =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | {
      readonly kind: 'call';
      readonly fn: string;
      readonly args: readonly Node[];
      /** `cast`: the type to give. */
      readonly to?: ColumnType;
      /** `random…`: names the stream of numbers. */
      readonly label?: string;
    }
  | AggregateNode
  | OverNode;

/** One value of many cells. */
export interface AggregateNode {
  readonly kind: 'aggregate';
  readonly fn: string;
  readonly arg: Node;
  /** `quantile`: the level, from 0 to 1. */
  readonly parameter?: number;
}

/** An aggregate's value in every row of its group. */
export interface OverNode {
  readonly kind: 'over';
  readonly aggregate: AggregateNode;
  readonly keys: readonly string[];
}

export const columnNode = (name: string): Node => Object.freeze({ kind: 'column', name });
export const literalNode = (value: unknown): Node => Object.freeze({ kind: 'literal', value });
export const callNode = (
  fn: string,
  args: readonly Node[],
  more: { readonly to?: ColumnType; readonly label?: string } = {},
): Node => Object.freeze({ kind: 'call', fn, args: Object.freeze(args), ...more });
export const aggregateNode = (fn: string, arg: Node, parameter?: number): AggregateNode =>
  Object.freeze({ kind: 'aggregate', fn, arg, ...(parameter !== undefined && { parameter }) });
export const overNode = (aggregate: AggregateNode, keys: readonly string[]): OverNode =>
  Object.freeze({ kind: 'over', aggregate, keys: Object.freeze([...keys]) });
