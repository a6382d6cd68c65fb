import type { Round } from '../medians.ts';

/** The movement step as somebody else does it. */
export interface Mover {
  readonly step: Round;
  /** All `position.x`, then all `position.y`, in the order in which entities were made. */
  cells(): Float64Array;
}

/** Cells of `n` entities, one after the other. */
export function cellsOf(
  n: number,
  x: (k: number) => number,
  y: (k: number) => number,
): Float64Array {
  return Float64Array.from({ length: 2 * n }, (_, k) => (k < n ? x(k) : y(k - n)));
}
