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
    };

export const columnNode = (name: string): Node => Object.freeze({ kind: 'column', name });
export const literalNode = (value: unknown): Node => Object.freeze({ kind: 'literal', value });
export const callNode = (
  fn: string,
  args: readonly Node[],
  more: { readonly to?: ColumnType; readonly label?: string } = {},
): Node => Object.freeze({ kind: 'call', fn, args: Object.freeze(args), ...more });
