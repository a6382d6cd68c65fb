import type { Column } from '../column/column.ts';
import type { ColumnType } from '../schema/column-type.ts';
import type { AnyComponent, Value } from '../schema/component.ts';
import type { Signature } from '../schema/signature.ts';
import type { Json } from '../state/json.ts';
import type { Block } from './births.ts';

/** How updates of one field by several processors become one value; `sum`, `min` and `max` start from the column's. */
export type Combine = 'last' | 'sum' | 'min' | 'max';

/** Ids of living entities; `~n` stands for the birth number `n` of the same call. */
export type Targets = readonly number[] | Int32Array;

/** One field of an update, a cell for each target; cells that may hold references to births are not a column yet. */
export interface FieldCells {
  /** The column's full name. */
  readonly name: string;
  readonly type: ColumnType;
  readonly cells: Column | readonly unknown[];
}

/**
 * What a processor asked for while it ran; settled when all processors are done. One emission is about many entities, so
 * that ten thousand of them cost about as much as a column.
 */
export type Emission =
  | {
      readonly kind: 'spawn';
      readonly births: readonly {
        readonly signature: Signature;
        readonly values: readonly Value[];
      }[];
    }
  | { readonly kind: 'spawnMany'; readonly block: Block }
  | {
      readonly kind: 'send';
      /** Ids; `~n` for births of the same call. */
      readonly to: number;
      readonly from: number | null;
      readonly content: Json;
    }
  | { readonly kind: 'despawn'; readonly entities: Targets }
  | {
      readonly kind: 'update';
      readonly entities: Targets;
      readonly component: AnyComponent;
      readonly fields: readonly FieldCells[];
      readonly combine: Combine | undefined;
    }
  | {
      readonly kind: 'addComponents';
      readonly entities: Targets;
      readonly values: readonly Value[];
    }
  | {
      readonly kind: 'removeComponents';
      readonly entities: Targets;
      readonly components: readonly AnyComponent[];
    };
