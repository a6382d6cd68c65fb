import {
  ArchetypeError,
  mintId,
  randomStream,
  type AnyComponent,
  type RunId,
  type World,
  type WorldId,
} from '@archetype/core';
import { wholeNumber } from '../whole-number.ts';
import { callback } from './callback.ts';
import { requireOptions, requireWorld } from './given.ts';
import type { Policy, StepInput } from './policy.ts';
import { checkSeed } from './seeds.ts';
import { checkOf, type EpisodeMoment, type Terminal } from './terminal.ts';

/** What an episode is, wherever it runs. */
export interface EpisodeDefinition<C extends AnyComponent = AnyComponent> {
  /** It is cut off after so many steps; 1000 unless told. */
  readonly maxSteps?: number;
  /** When it is over; asked before the first and after every step. Without one it takes `maxSteps` steps. */
  readonly terminal?: Terminal<C>;
  /** Asked before each step. */
  readonly policy?: Policy;
}

export interface EpisodeOptions<
  C extends AnyComponent = AnyComponent,
> extends EpisodeDefinition<C> {
  /** What the policy's random numbers follow from, from 0 to 2^53 - 1; the world's own seed unless told. */
  readonly seed?: number;
  /** Gives the episode up: between ticks, and where a processor, the policy or the predicate waits. */
  readonly signal?: AbortSignal;
  /** Told after every step. */
  readonly onProgress?: (progress: EpisodeProgress) => void;
}

export interface EpisodeProgress {
  readonly episodeId: string;
  readonly tick: number;
  readonly step: number;
  readonly maxSteps: number;
}

/** What became of an episode. */
export interface EpisodeResult {
  readonly episodeId: string;
  readonly worldId: WorldId;
  readonly runId: RunId;
  /** The tick it began at. */
  readonly startTick: number;
  /** The last tick it committed. */
  readonly finalTick: number;
  /** Its condition was met, also by the last step that it was allowed. */
  readonly terminated: boolean;
  /** It was cut off by `maxSteps`. */
  readonly truncated: boolean;
  readonly durationSteps: number;
}

/**
 * Steps a world until its condition is met or `maxSteps` are taken. It acts on the world given, and never forks it: every
 * step is a tick of its history. An unstarted world commits tick 0 first. A condition that is met from the start takes no
 * step.
 *
 * @throws `callback_failed` for a predicate or policy that throws, `aborted`, `invalid_argument`, and what a step throws;
 * the ticks that were committed stay
 * @example const { terminated } = await runEpisode(world, { terminal: { component: Caught, mode: 'all' }, maxSteps: 200 });
 */
export async function runEpisode<C extends AnyComponent = AnyComponent>(
  world: World,
  options: EpisodeOptions<C> = {},
): Promise<EpisodeResult> {
  requireWorld(world, 'runEpisode');
  requireOptions(options, 'runEpisode');
  const { policy, signal = new AbortController().signal, onProgress } = options;
  const maxSteps = wholeNumber(options.maxSteps ?? 1000, 'maxSteps', 0);
  const over = checkOf(options.terminal);
  const decide = policy && decideBy(world, policy, checkSeed(options.seed ?? world.info().seed));
  const episodeId = mintId();
  let steps = 0;
  const goOn = (): void => {
    if (signal.aborted) throw gaveUp(world, steps, signal);
  };
  goOn();
  if (!world.info().started) await world.run({ steps: 0 });

  const startTick = world.tick;
  const moment = (): EpisodeMoment => ({ episodeId, tick: world.tick, step: steps, signal });
  const told = (): unknown => {
    steps++;
    const progress = { episodeId, tick: world.tick, step: steps, maxSteps };
    return callback(`onProgress of world "${world.name}"`, () => onProgress?.(progress), signal);
  };
  const ask = async (): Promise<boolean> => {
    goOn();
    return (await over?.(world, moment())) ?? false;
  };
  let terminated = false;
  if (over === undefined && decide === undefined) {
    await runThrough(world, maxSteps, signal, onProgress && told);
    steps = maxSteps;
  } else {
    terminated = await ask();
    while (!terminated && steps < maxSteps) {
      const input = await decide?.(moment());
      await world.run({ steps: 1, signal, ...(input !== undefined && { input }) });
      await told();
      terminated = await ask();
    }
  }
  return Object.freeze({
    episodeId,
    worldId: world.id,
    runId: world.run_id,
    startTick,
    finalTick: world.tick,
    terminated,
    truncated: !terminated,
    durationSteps: steps,
  });
}

/** Nobody looks at the ticks in between, so they need not wait for each other to become durable. */
async function runThrough(
  world: World,
  steps: number,
  signal: AbortSignal,
  told: (() => unknown) | undefined,
): Promise<void> {
  const telling: unknown[] = [];
  const onProgress = (): void => {
    const listening = told!();
    if (!(listening instanceof Promise)) return;
    listening.catch(() => undefined);
    telling.push(listening);
  };
  await world.run({ steps, signal, ...(told && { onProgress }) });
  await Promise.all(telling);
}

function decideBy(
  world: World,
  policy: Policy,
  seed: number,
): (moment: EpisodeMoment) => Promise<StepInput | undefined> {
  if (typeof policy !== 'function') {
    throw new ArchetypeError(
      'invalid_argument',
      `policy was ${String(policy)}; give a function of the world and the moment.`,
    );
  }
  return async (moment) => {
    const random = randomStream(seed, `policy, tick ${moment.tick}`);
    const what = `The policy of world "${world.name}", at tick ${moment.tick},`;
    const input = await callback(what, () => policy(world, { ...moment, random }), moment.signal);
    return input ?? undefined;
  };
}

const gaveUp = (world: World, steps: number, signal: AbortSignal): ArchetypeError =>
  new ArchetypeError(
    'aborted',
    `The episode of world "${world.name}" was told to stop after ${steps} steps; everything up to tick ${world.tick} is committed.`,
    { cause: signal.reason },
  );
