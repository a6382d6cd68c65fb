/** A way to do the work that is measured: one round of it. */
export type Round = () => unknown;

interface Plan {
  /** How many rounds of each way count; at least five. */
  readonly rounds: number;
  /** Rounds before that, which do not count. */
  readonly warmUp?: number;
  /** Rounds of one way in a row, so that it finds its own data in the caches, as it would if it were alone. */
  readonly inRow?: number;
  /** Tidies up after each round, outside of the clock. */
  readonly between?: () => unknown;
  /** Milliseconds; elapsed time unless told. */
  readonly clock?: () => number;
}

/** Median milliseconds of each way. They take turns, so that a noisy moment hits all of them. */
export async function medians<K extends string>(
  ways: Readonly<Record<K, Round>>,
  { rounds, warmUp = 3, inRow = 1, clock = () => performance.now(), between }: Plan,
): Promise<Readonly<Record<K, number>>> {
  const names = Object.keys(ways) as K[];
  const times = new Map(names.map((name): [K, number[]] => [name, []]));
  for (let done = -warmUp; done < rounds; done += inRow) {
    for (const name of names) {
      for (let k = done; k < Math.min(done + inRow, rounds); k++) {
        const started = clock();
        await ways[name]();
        if (k >= 0) times.get(name)!.push(clock() - started);
        await between?.();
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<
    K,
    number
  >;
}

/** What the process used of its cores, its helpers' threads included. */
export function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[list.length >> 1]!;
