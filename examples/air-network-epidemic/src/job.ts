import { ArchetypeRuntime, type World } from '@archetype/runtime';
import { curveOf, movedMost, type Curve } from './curves.ts';
import { loadNetwork, type Network } from './data.ts';
import { Airport, epidemic, Health, Restrictions } from './model.ts';
import { FORK_TICK, type Options } from './options.ts';

/** Hubs that the second branch restricts, and what is left of their flights. */
const HUBS = 10;
const LEFT = 0.1;

export interface JobResult {
  readonly network: Network;
  readonly hubs: readonly string[];
  readonly free: Curve;
  readonly cut: Curve;
  readonly moved: readonly { readonly code: string; readonly from: number; readonly to: number }[];
  readonly ticks: number;
  /** Milliseconds spent in ticks. */
  readonly durationMs: number;
  /** The id of the first branch. */
  readonly world: string;
}

/** Runs both branches and compares them. `onProgress` is told of every durable tick. */
export async function runJob(
  options: Pick<Options, 'ticks' | 'seed' | 'storage'>,
  onProgress: (branch: string, tick: number) => void,
): Promise<JobResult> {
  const network = loadNetwork();
  await using runtime = new ArchetypeRuntime(
    options.storage === undefined
      ? { storage: { backend: 'memory' } }
      : { storage: options.storage },
  );
  const free = runtime.world('free', epidemic(network), { seed: options.seed });
  const run = (world: World, to: number) =>
    world.run({ steps: to - world.tick, onProgress: ({ tick }) => onProgress(world.name, tick) });

  const first = await run(free, FORK_TICK);
  const hubs = busiest(network, HUBS);
  const cut = await free.fork({
    name: 'hubs-cut',
    resources: [Restrictions({ airports: hubs, factor: LEFT })],
  });
  const rest = [await run(free, options.ticks), await run(cut, options.ticks)];

  const [a, b] = await Promise.all(
    [free, cut].map(async (world) =>
      curveOf(world.name, await world.query([Airport, Health], { ticks: 'all' })),
    ),
  );
  const runs = [first, ...rest];
  return {
    network,
    hubs,
    free: a!,
    cut: b!,
    moved: movedMost(a!, b!, 5),
    ticks: runs.reduce((n, { ticksCompleted }) => n + ticksCompleted, 0),
    durationMs: runs.reduce((ms, { durationMs }) => ms + durationMs, 0),
    world: free.id,
  };
}

function busiest({ airports }: Network, count: number): string[] {
  return [...airports]
    .toSorted((a, b) => b.flights - a.flights)
    .slice(0, count)
    .map(({ code }) => code);
}
