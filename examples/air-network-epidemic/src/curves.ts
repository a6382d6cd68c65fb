import type { ColumnsOf, DataFrame } from '@archetype/runtime';
import type { Airport, Health } from './model.ts';

type Rows = DataFrame<ColumnsOf<[typeof Airport, typeof Health]>>;

/** What one branch of the story looked like. */
export interface Curve {
  readonly name: string;
  /** Infected people per day. */
  readonly infected: Float64Array;
  readonly peakDay: number;
  /** By airport code: the day with most infected there. */
  readonly peaks: ReadonlyMap<string, number>;
}

/** Sums rows of all ticks into a curve over days. */
export function curveOf(name: string, rows: Rows): Curve {
  const tick = rows.column('tick');
  const i = rows.column('health__i');
  const population = rows.column('airport__population');
  const code = rows.column('airport__code');
  const days = 1 + tick.reduce((last, day) => Math.max(last, day), 0);
  const infected = new Float64Array(days);
  const highest = new Map<string, { day: number; i: number }>();
  for (let row = 0; row < rows.numRows; row++) {
    infected[tick[row]!]! += i[row]! * population[row]!;
    const peak = highest.get(code[row]!);
    if (peak === undefined || i[row]! > peak.i)
      highest.set(code[row]!, { day: tick[row]!, i: i[row]! });
  }
  return {
    name,
    infected,
    peakDay: infected.indexOf(infected.reduce((a, b) => Math.max(a, b), 0)),
    peaks: new Map([...highest].map(([airport, { day }]) => [airport, day])),
  };
}

/** Airports whose peak moved most between two branches, largest move first, then by code. */
export function movedMost(
  a: Curve,
  b: Curve,
  count: number,
): readonly { code: string; from: number; to: number }[] {
  return [...a.peaks]
    .map(([code, from]) => ({ code, from, to: b.peaks.get(code) ?? from }))
    .toSorted(
      (x, y) => Math.abs(y.to - y.from) - Math.abs(x.to - x.from) || (x.code < y.code ? -1 : 1),
    )
    .slice(0, count);
}
