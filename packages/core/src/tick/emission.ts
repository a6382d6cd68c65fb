import type { AnyComponent, Value } from '../schema/component.ts';
import type { BirthRef } from '../schema/entity-ref.ts';
import type { Cells } from '../state/mutation.ts';

/** How updates of one field by several processors become one value; `sum`, `min` and `max` start from the column's. */
export type Combine = 'last' | 'sum' | 'min' | 'max';

/** What a processor asked for while it ran; settled when all processors are done. */
export type Emission =
  | { readonly kind: 'spawn'; readonly ref: BirthRef; readonly values: readonly Value[] }
  | { readonly kind: 'despawn'; readonly entity: number | BirthRef }
  | {
      readonly kind: 'update';
      readonly entity: number | BirthRef;
      readonly component: AnyComponent;
      readonly cells: Cells;
      readonly combine: Combine | undefined;
      readonly processor: string;
    }
  | {
      readonly kind: 'addComponents';
      readonly entity: number | BirthRef;
      readonly values: readonly Value[];
    }
  | {
      readonly kind: 'removeComponents';
      readonly entity: number | BirthRef;
      readonly components: readonly AnyComponent[];
    };
