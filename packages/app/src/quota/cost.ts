/** In tokens: `base`, and `perTick` for each tick, at most `cap`. */
export interface Cost {
  readonly base: number;
  readonly perTick?: number;
  readonly cap?: number;
}

/** Tokens for parts of some work, each of which takes so many ticks. */
export const tokensOf = (
  { base, perTick = 0, cap = Infinity }: Cost,
  parts: readonly number[],
): number => parts.reduce((sum, ticks) => sum + Math.min(cap, base + perTick * ticks), 0);
