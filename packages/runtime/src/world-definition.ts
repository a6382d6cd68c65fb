import type { SimulationDefinition } from '@archetype/core';

/** A world's code as a script may give it. */
export type WorldDefinition = SimulationDefinition & {
  /** A whole number from 0 to 2^53 - 1; random unless told, and recorded. */
  readonly seed?: number;
};
