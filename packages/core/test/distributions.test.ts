import { describe, expect, test } from 'vitest';
import { RandomSource } from '../src/random/source.ts';
import { Sequence } from '../src/random/stream.ts';

const SEED = 20_260_101;
const N = 200_000;

/** A sequence as a kernel has them, one for each label. */
function sequence(label: string, rows = 0): Sequence {
  const source = new RandomSource(SEED, 'distributions', 1, new Map(), 'table');
  return new Sequence(rows, () => source.sequenceKey(label, {}));
}

/** Chi-square over bins that each expect at least 10, the rest of both ends in one bin each. */
function chiSquare(
  draw: () => number,
  probability: (k: number) => number,
  [from, to]: readonly [number, number],
): { readonly chi: number; readonly limit: number } {
  const seen = new Map<number, number>();
  for (let k = 0; k < N; k++) {
    const drawn = draw();
    seen.set(drawn, (seen.get(drawn) ?? 0) + 1);
  }
  const bins: { seen: number; expected: number }[] = [{ seen: 0, expected: 0 }];
  let total = 0;
  for (let k = from; k <= to; k++) {
    const bin = bins.at(-1)!;
    bin.seen += seen.get(k) ?? 0;
    bin.expected += N * probability(k);
    total += seen.get(k) ?? 0;
    if (bin.expected >= 10) bins.push({ seen: 0, expected: 0 });
  }
  const last = bins.pop()!;
  // What is no whole number from `from` to `to` should be too rare to be seen often.
  last.seen += N - total;
  last.expected = N - bins.reduce((sum, bin) => sum + bin.expected, 0);
  if (last.expected >= 5) bins.push(last);
  else {
    bins.at(-1)!.seen += last.seen;
    bins.at(-1)!.expected += last.expected;
  }
  const chi = bins.reduce((sum, bin) => sum + (bin.seen - bin.expected) ** 2 / bin.expected, 0);
  return { chi, limit: quantile(bins.length - 1) };
}

/** What chi-square with so many degrees of freedom exceeds once in 10 000 times: Wilson and Hilferty, 1931. */
const quantile = (degrees: number): number =>
  degrees * (1 - 2 / (9 * degrees) + 3.719 * Math.sqrt(2 / (9 * degrees))) ** 3;

function logFactorial(n: number): number {
  let sum = 0;
  for (let k = 2; k <= n; k++) sum += Math.log(k);
  return sum;
}

describe('binomial draws follow the binomial distribution', () => {
  test.each([
    [5, 0.5],
    [20, 0.3],
    [1000, 0.001],
    [40, 0.25],
    [100, 0.4],
    [100, 0.93],
    [5000, 0.02],
    [20_000, 0.5],
  ])('%d trials at %d', (n, p) => {
    const draws = sequence(`binomial ${n} ${p}`);
    const all = logFactorial(n);
    const probability = (k: number): number =>
      Math.exp(
        all - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p),
      );
    const spread = 6 * Math.sqrt(n * p * (1 - p)) + 6;
    const range = [
      Math.max(0, Math.floor(n * p - spread)),
      Math.min(n, Math.ceil(n * p + spread)),
    ] as const;
    const { chi, limit } = chiSquare(() => draws.binomial(n, p), probability, range);
    expect(chi).toBeLessThan(limit);
  });

  test('at the ends there is no doubt', () => {
    const draws = sequence('ends');
    expect([draws.binomial(0, 0.5), draws.binomial(9, 0), draws.binomial(9, 1)]).toEqual([0, 0, 9]);
  });

  test('counts up to the limit have the right mean and spread', () => {
    const draws = sequence('large binomial');
    const n = 0x7fffffff;
    const deviation = Math.sqrt(n * 0.25);
    const scores = Array.from(
      { length: 20_000 },
      () => (draws.binomial(n, 0.5) - n / 2) / deviation,
    );
    expect(misfit(scores)).toBeLessThan(1);
  });
});

describe('Poisson draws follow the Poisson distribution', () => {
  test.each([0.05, 1, 4.5, 9.99, 10, 30, 250, 4000])('mean %d', (mean) => {
    const draws = sequence(`poisson ${mean}`);
    const probability = (k: number): number =>
      Math.exp(k * Math.log(mean) - mean - logFactorial(k));
    const spread = 6 * Math.sqrt(mean) + 6;
    const range = [Math.max(0, Math.floor(mean - spread)), Math.ceil(mean + spread)] as const;
    const { chi, limit } = chiSquare(() => draws.poisson(mean), probability, range);
    expect(chi).toBeLessThan(limit);
  });

  test('nothing is expected, nothing happens', () => {
    expect(sequence('nothing').poisson(0)).toBe(0);
  });

  test('counts up to the limit have the right mean and spread, and fit an i32', () => {
    const draws = sequence('large poisson');
    const counts = Array.from({ length: 20_000 }, () => draws.poisson(2e9));
    expect(Math.max(...counts)).toBeLessThan(2 ** 31);
    expect(misfit(counts.map((count) => (count - 2e9) / Math.sqrt(2e9)))).toBeLessThan(1);
  });
});

/** How far the first four moments are from those of a standard normal, in five standard errors. */
function misfit(scores: readonly number[]): number {
  const n = scores.length;
  const moment = (k: number): number => scores.reduce((sum, x) => sum + x ** k, 0) / n;
  return Math.max(
    Math.abs(moment(1)) / (5 / Math.sqrt(n)),
    Math.abs(moment(2) - 1) / (5 * Math.sqrt(2 / n)),
    Math.abs(moment(3)) / (5 * Math.sqrt(15 / n)),
    Math.abs(moment(4) - 3) / (5 * Math.sqrt(96 / n)),
  );
}

describe('the other draws', () => {
  test('each order of four is as likely as the next', () => {
    const draws = sequence('permutation', 4);
    const codes = new Map<string, number>();
    const draw = (): number => {
      const order = draws.permutation().join('');
      const code = codes.get(order) ?? codes.size;
      codes.set(order, code);
      return code;
    };
    const { chi, limit } = chiSquare(draw, () => 1 / 24, [0, 23]);
    expect(chi).toBeLessThan(limit);
    expect(codes.size).toBe(24);
  });

  test('a permutation holds each number once, for any length', () => {
    const draws = sequence('lengths', 3);
    for (const n of [0, 1, 2, 1000]) {
      expect([...draws.permutation(n)].toSorted((a, b) => a - b)).toEqual([...Array(n).keys()]);
    }
    expect(draws.permutation()).toHaveLength(3);
  });

  test('whole numbers are as likely each, from the first to before the last', () => {
    const draws = sequence('integer');
    const { chi, limit } = chiSquare(
      () => draws.integer(-3, 9),
      () => 1 / 12,
      [-3, 8],
    );
    expect(chi).toBeLessThan(limit);
  });

  test('items are chosen equally, or as their weights say', () => {
    const draws = sequence('choice');
    const equal = chiSquare(
      () => draws.choice([0, 1, 2, 3, 4]),
      () => 1 / 5,
      [0, 4],
    );
    expect(equal.chi).toBeLessThan(equal.limit);
    const weights = [0, 3, 0.5, 6.5, 0];
    const items = new Int32Array([0, 1, 2, 3, 4]);
    const weighed = chiSquare(
      () => draws.choice(items, weights),
      (k) => weights[k]! / 10,
      [1, 3],
    );
    expect(weighed.chi).toBeLessThan(weighed.limit);
  });

  test('normal draws have the given mean and deviation, uniform ones stay in their range', () => {
    const draws = sequence('normal');
    const scores = Array.from({ length: N }, () => (draws.normal(5, 2) - 5) / 2);
    expect(misfit(scores)).toBeLessThan(1);
    const { chi, limit } = chiSquare(
      () => Math.floor(draws.uniform(-1, 1) * 50),
      () => 1 / 100,
      [-50, 49],
    );
    expect(chi).toBeLessThan(limit);
    const narrow = Array.from({ length: 100 }, () => draws.uniform(1, 1 + Number.EPSILON));
    expect(new Set(narrow)).toEqual(new Set([1]));
  });

  test('neighbours in a sequence are independent', () => {
    const draws = sequence('pairs');
    let pair = 0;
    const { chi, limit } = chiSquare(
      () => (pair = Math.floor(draws.next() * 10) * 10 + Math.floor(draws.next() * 10)),
      () => 1 / 100,
      [0, 99],
    );
    expect(pair).toBeLessThan(100);
    expect(chi).toBeLessThan(limit);
  });
});

describe('what cannot be drawn is refused', () => {
  const draws = sequence('refused');
  test.each<[string, () => unknown, string]>([
    ['uniform(1, 1)', () => draws.uniform(1, 1), 'two finite numbers'],
    ['uniform(0, Infinity)', () => draws.uniform(0, Infinity), 'two finite numbers'],
    ['integer(0.5, 2)', () => draws.integer(0.5, 2), 'two whole numbers'],
    ['integer(2, 2)', () => draws.integer(2, 2), 'the first the smaller'],
    ['normal(0, -1)', () => draws.normal(0, -1), 'a deviation from 0 on'],
    ['binomial(1.5, 0.5)', () => draws.binomial(1.5, 0.5), 'a whole number of trials'],
    ['binomial(3, NaN)', () => draws.binomial(3, Number.NaN), 'a probability from 0 to 1'],
    ['poisson(-1)', () => draws.poisson(-1), 'a mean from 0 to 2e9'],
    ['poisson(3000000000)', () => draws.poisson(3e9), 'a mean from 0 to 2e9'],
    ['choice([])', () => draws.choice([]), 'at least one item'],
    ['choice with the weight -1', () => draws.choice([1, 2], [2, -1]), 'finite weights'],
    ['choice with no weight above 0', () => draws.choice([1], [0]), 'at least one such weight'],
    ['permutation(-1)', () => draws.permutation(-1), 'a whole number from 0'],
  ])('%s', (asked, draw, needs) => {
    expect(draw).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringContaining(`${asked} was asked; it needs `) as string,
      }) as never,
    );
    expect(draw).toThrow(needs);
  });

  test('weights that are not one per item', () => {
    expect(() => draws.choice([1, 2], [1])).toThrow(
      expect.objectContaining({
        code: 'length_mismatch',
        message: 'choice was given 2 items and 1 weights; give one weight per item.',
      }) as never,
    );
  });
});
