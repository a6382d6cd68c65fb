import type { Signature } from '@archetype/core';
import type { SpanRows } from '../spans/span-rows.ts';

/** Where the rows of one table at one tick are. */
export interface TablePlace {
  readonly tick: number;
  readonly signature: Signature;
  readonly at: SpanRows | { readonly sameAs: number };
}
