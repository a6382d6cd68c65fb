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

/** Whether a literal is still the same when it is looked at again: who made another may change it meanwhile. */
export const isFixed = (value: unknown): boolean =>
  isPlain(value) ||
  (Array.isArray(value) && Object.isFrozen(value) && Array.from(value).every(isPlain));

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** Whether two expressions of columns, fixed literals and calls are the same, however they were made. */
export function sameNode(a: Node, b: Node): boolean {
  if (a === b) return true;
  if (a.kind === 'column') return b.kind === 'column' && a.name === b.name;
  if (a.kind === 'literal') return b.kind === 'literal' && sameValue(a.value, b.value);
  if (a.kind !== 'call' || b.kind !== 'call') return false;
  if (a.fn !== b.fn || a.to !== b.to || a.args.length !== b.args.length) return false;
  for (let k = 0; k < a.args.length; k++) if (!sameNode(a.args[k]!, b.args[k]!)) return false;
  return true;
}

const sameValue = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) ||
  (Array.isArray(a) &&
    Array.isArray(b) &&
    a.length === b.length &&
    Array.from(a).every((item, k) => Object.is(item, b[k])));
