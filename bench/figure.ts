/** One figure, its yardstick from the same run, and the bar. */
export interface Figure {
  readonly work: string;
  readonly value: number;
  readonly yardstick: string;
  readonly yardstickValue: number;
  readonly unit: 'ms' | 'MB' | 'B';
  /** As a ratio to the yardstick, with what may come on top, or as a value. */
  readonly bar: { readonly ratio: number; readonly plus?: number } | { readonly value: number };
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
