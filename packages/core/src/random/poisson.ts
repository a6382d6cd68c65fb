import type { Uniforms } from './binomial.ts';
import { stirlingRest } from './stirling.ts';

/** Events where `mean` are expected; both algorithms are exact, each is fast on its side of a mean of 10. */
export function poisson(draws: Uniforms, mean: number): number {
  if (mean === 0) return 0;
  return mean < 10 ? byInversion(draws, mean) : byRejection(draws, mean);
}

/** Sequential search: Devroye, "Non-Uniform Random Variate Generation", 1986, chapter X.3. One draw. */
function byInversion(draws: Uniforms, mean: number): number {
  const none = Math.exp(-mean);
  // Above, less is left than a double can tell; there rounding alone would lead.
  const limit = mean + 12 * Math.sqrt(mean + 1);
  for (;;) {
    let left = draws.next();
    let likely = none;
    let k = 0;
    while (left > likely && k <= limit) {
      left -= likely;
      k++;
      likely *= mean / k;
    }
    if (k <= limit) return k;
  }
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Algorithm PTRS: Hormann, "The transformed rejection method for generating Poisson random variables", 1993.
 */
function byRejection(draws: Uniforms, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = draws.next() - 0.5;
    const v = draws.next();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    const likely = logProbability(k, mean);
    if (Math.log((v * inverseAlpha) / (a / (edge * edge) + b)) <= likely) return k;
  }
}

/** -mean + k log mean - log k!, without the cancellation that this form would suffer where both are large. */
function logProbability(k: number, mean: number): number {
  const next = k + 1;
  const excess = mean - next;
  return (
    k * Math.log1p(excess / next) - excess - 0.5 * Math.log(next) - HALF_LOG_2PI - stirlingRest(k)
  );
}
