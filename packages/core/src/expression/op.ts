import type { ColumnType } from '../schema/column-type.ts';
import type { Conversion } from './convert.ts';
import type { ExpressionFunction } from './functions/function.ts';
import type { NullFunction } from './functions/nulls.ts';

/**
 * One operation: what it computes from others, and the type of its result. Operations are shared, never copied, and hold no
 * column: which one an input reads is said when they run, so that one plan serves every tick.
 */
export type Op = {
  readonly type: ColumnType;
  readonly args: readonly Op[];
  /** How many operations it takes, those shared counted each time. */
  readonly weight: number;
} & (
  | { readonly kind: 'input' }
  | { readonly kind: 'literal'; readonly value: unknown }
  | Strict
  | { readonly kind: 'null'; readonly name: string; readonly fn: NullFunction }
  | Convert
  | { readonly kind: 'member'; readonly of: { has(cell: unknown): boolean } }
  | {
      readonly kind: 'random';
      readonly k0: number;
      readonly k1: number;
      readonly draw: number;
    }
);
export type Unweighed = Op extends infer O
  ? O extends unknown
    ? Omit<O, 'weight'>
    : never
  : never;
interface Strict {
  readonly kind: 'strict';
  readonly name: string;
  readonly fn: ExpressionFunction;
  /** The processor that asked for it, if one did, for the error of a cell that its type cannot hold. */
  readonly owner: string | undefined;
}
interface Convert {
  readonly kind: 'convert';
  readonly by: Conversion;
  /** Null instead of an error where the type cannot hold the cell. */
  readonly lenient: boolean;
  readonly owner: string | undefined;
}
