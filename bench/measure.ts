/** Milliseconds a call takes: the median of `rounds`, after one that does not count. */
export async function median(rounds: number, run: () => unknown): Promise<number> {
  await run();
  const times: number[] = [];
  for (let k = 0; k < rounds; k++) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[rounds >> 1]!;
}

/** One figure beside its yardstick. */
export interface Figure {
  readonly name: string;
  readonly ms: number;
  readonly yardstick: string;
  readonly yardstickMs: number;
  /** The bar, as a ratio to the yardstick or in milliseconds. */
  readonly bar: { readonly ratio: number } | { readonly ms: number };
}

export function line({ name, ms, yardstick, yardstickMs, bar }: Figure): string {
  const ratio = ms / yardstickMs;
  const met = 'ratio' in bar ? ratio <= bar.ratio : ms <= bar.ms;
  const wanted = 'ratio' in bar ? `≤ ${bar.ratio} ×` : `≤ ${bar.ms} ms`;
  return [
    name.padEnd(50),
    `${ms.toFixed(3)} ms`.padStart(12),
    `${yardstick} ${yardstickMs.toFixed(3)} ms`.padStart(42),
    `${ratio.toFixed(2)} ×`.padStart(9),
    `bar ${wanted}`.padStart(14),
    met ? 'met' : 'MISSED',
  ].join('  ');
}
