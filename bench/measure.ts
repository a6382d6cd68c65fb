/** A way to do the work that is measured: one round of it. */
export type Round = () => unknown;

/**
 * Median milliseconds of each way, in rounds that take turns, so that a noisy moment hits all of them. What a round needs
 * before its time counts is done by `prepare`.
 */
export async function medians<K extends string>(
  rounds: number,
  ways: Readonly<Record<K, Round>>,
  warmUp = 3,
): Promise<Readonly<Record<K, number>>> {
  const names = Object.keys(ways) as K[];
  const times = new Map(names.map((name): [K, number[]] => [name, []]));
  for (let k = -warmUp; k < rounds; k++) {
    for (const name of names) {
      const started = performance.now();
      await ways[name]();
      if (k >= 0) times.get(name)!.push(performance.now() - started);
    }
  }
  const median = (list: number[]): number => list.toSorted((a, b) => a - b)[rounds >> 1]!;
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<
    K,
    number
  >;
}

/** One figure, its yardstick from the same run, and the bar. */
export interface Figure {
  readonly work: string;
  readonly value: number;
  readonly yardstick: string;
  readonly yardstickValue: number;
  readonly unit: 'ms' | 'MB';
  /** As a ratio to the yardstick, with what may come on top, or as a value. */
  readonly bar: { readonly ratio: number; readonly plus?: number } | { readonly value: number };
}

export interface Benchmark {
  readonly id: string;
  readonly title: string;
  run(): AsyncIterable<Figure>;
}

export function isMet({ value, yardstickValue, bar }: Figure): boolean {
  return 'ratio' in bar
    ? value <= bar.ratio * yardstickValue + (bar.plus ?? 0)
    : value <= bar.value;
}

export function line(figure: Figure): string {
  const { work, value, yardstick, yardstickValue, unit, bar } = figure;
  const plus = 'plus' in bar ? ` + ${bar.plus} ${unit}` : '';
  const wanted = 'ratio' in bar ? `≤ ${bar.ratio} ×${plus}` : `≤ ${bar.value} ${unit}`;
  return [
    work.padEnd(44),
    `${value.toFixed(3)} ${unit}`.padStart(12),
    `${yardstick} ${yardstickValue.toFixed(3)} ${unit}`.padStart(36),
    `${(value / yardstickValue).toFixed(2)} ×`.padStart(9),
    `bar ${wanted}`.padStart(20),
    isMet(figure) ? 'met' : 'MISSED',
  ].join('  ');
}

/** A figure counts only if its result is right. */
export function expect(right: boolean, what: string): void {
  if (!right) throw new Error(`The result is wrong, so its time does not count: ${what}`);
}
