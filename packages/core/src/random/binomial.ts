import { stirlingRest } from './stirling.ts';

/** A source of numbers in [0, 1). */
export interface Uniforms {
  next(): number;
}

/** Successes in `n` trials; both algorithms are exact, each is fast on its side of a mean of 10. */
export function binomial(draws: Uniforms, n: number, p: number): number {
  if (p > 0.5) return n - binomial(draws, n, 1 - p);
  if (p === 0 || n === 0) return 0;
  return n * p < 10 ? byInversion(draws, n, p) : byRejection(draws, n, p);
}

/** Algorithm BINV: Kachitvichyanukul and Schmeiser, "Binomial random variate generation", 1988. One draw. */
function byInversion(draws: Uniforms, n: number, p: number): number {
  const q = 1 - p;
  const none = Math.exp(n * Math.log1p(-p));
  // Above, less is left than a double can tell; there rounding alone would lead.
  const limit = Math.min(n, n * p + 12 * Math.sqrt(n * p * q + 1));
  for (;;) {
    let left = draws.next();
    let likely = none;
    let k = 0;
    while (left > likely && k <= limit) {
      left -= likely;
      k++;
      likely *= ((n - k + 1) * p) / (k * q);
    }
    if (k <= limit) return k;
  }
}

/** Algorithm BTRS: Hormann, "The generation of binomial random variates", 1993. */
function byRejection(draws: Uniforms, n: number, p: number): number {
  const odds = p / (1 - p);
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = draws.next() - 0.5;
    const v = draws.next();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + centre);
    if (edge >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > n) continue;
    const likely =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
      stirlingRest(mode) +
      stirlingRest(n - mode) -
      stirlingRest(k) -
      stirlingRest(n - k);
    if (Math.log((v * alpha) / (a / (edge * edge) + b)) <= likely) return k;
  }
}
