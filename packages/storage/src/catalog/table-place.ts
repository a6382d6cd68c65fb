import type { Signature } from '@archetype/core';
import type { PartId } from '../table-store.ts';

/** Where the rows of one table at one tick are. */
export interface TablePlace {
  readonly tick: number;
  readonly signature: Signature;
  readonly at:
    | { readonly part: PartId; readonly offset: number; readonly rows: number }
    | { readonly sameAs: number };
}
