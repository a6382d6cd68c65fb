import { mintId, type AnyComponent, type ArchetypeError, type World } from '@archetype/core';
import type { TaskStatus } from '../executor/executor.ts';
import { follow } from '../executor/follow.ts';
import { InProcessExecutor } from '../executor/in-process-executor.ts';
import { taskFailure } from '../executor/task-failure.ts';
import type { EpisodeDefinition } from './episode.ts';
import { episodeTask, type EpisodeDone } from './episode-task.ts';
import { forkPoint } from './fork-point.ts';
import { RolloutForks } from './rollout-forks.ts';
import type {
  EpisodeEnd,
  EpisodeOutcome,
  RolloutOptions,
  RolloutResult,
} from './rollout-options.ts';
import { planRollout, type PlannedEpisode } from './rollout-plan.ts';
import { RolloutTally } from './rollout-tally.ts';

/**
 * Runs many episodes, each on its own fork of the base world as it stands now, with its own id, seed and resources. The
 * base takes no tick. The same episodes give the same rows whatever `parallel` is.
 *
 * An episode that fails is an outcome in its place. A rollout whose signal is aborted resolves with what had finished by
 * then and destroys all its worlds; their rows stay readable.
 *
 * @throws `invalid_argument`, `length_mismatch`; `callback_failed` when `onProgress` throws
 * @example
 * const { episodes } = await runRollout(base, {
 *   numEpisodes: 64,
 *   parallel: 8,
 *   episode: { terminal: { component: Caught, mode: 'all' }, maxSteps: 200 },
 *   params: ({ index }) => [Speed(1 + index / 64)],
 *   collect: async (world) => (await world.query([Score])).column('score__points')[0],
 * });
 */
export async function runRollout<T = undefined, C extends AnyComponent = AnyComponent>(
  base: World,
  options: RolloutOptions<T, C>,
): Promise<RolloutResult<T>> {
  const plan = planRollout(base, options);
  const { parallel = 1, onError = 'continue' } = options;
  const executor = options.executor ?? new InProcessExecutor({ parallel, keep: 0 });
  const rolloutId = mintId();
  const stop = new AbortController();
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  let broken: { readonly error: unknown } | undefined;
  const tally = new RolloutTally(rolloutId, plan.length, options.onProgress, (error) => {
    broken ??= { error };
    stop.abort();
  });
  const point = forkPoint(base);
  const forks = new RolloutForks();
  const around = {
    rolloutId,
    base,
    point,
    forks,
    episode: options.episode as EpisodeDefinition<any>,
    collect: options.collect,
    destroy: options.destroyForksOnComplete ?? false,
    reports: options.onProgress !== undefined,
  };

  const run = async (planned: PlannedEpisode): Promise<EpisodeEnd<T>> => {
    const { index, name } = planned;
    const told = ({ progress }: TaskStatus): void => {
      if (progress !== undefined) tally.stepped(index, (progress as { step: number }).step);
    };
    let status:
      | TaskStatus<EpisodeDone<T>>
      | { readonly state: 'failed'; readonly error: ArchetypeError };
    try {
      status = await follow(executor, episodeTask(planned, around), signal, told);
    } catch (error) {
      status = { state: 'failed', error: taskFailure(error, `Episode "${name}"`) };
    }
    if (status.state === 'done')
      return { status: 'completed', ...status.result.result, value: status.result.value };
    if (status.state === 'failed')
      return { status: 'failed', error: status.error, worldId: forks.idOf(index) };
    return { status: 'cancelled', worldId: forks.idOf(index) };
  };

  const outcomes: EpisodeOutcome<T>[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (!signal.aborted && next < plan.length) {
      const planned = plan[next++]!;
      tally.begun();
      const { index, name, seed } = planned;
      const outcome = { index, name, seed, ...(await run(planned)) };
      outcomes[index] = outcome;
      tally.ended(outcome);
      if (outcome.status === 'failed' && onError === 'stop') stop.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, plan.length) }, work));
  tally.dropped(plan.length - next);
  for (const { index, name, seed } of plan.slice(next))
    outcomes[index] = { index, name, seed, status: 'cancelled', worldId: undefined };

  const cancelled = options.signal?.aborted === true && tally.counts.cancelled > 0;
  await forks.end(cancelled || broken !== undefined ? 'destroy' : 'close');
  if (broken !== undefined) throw broken.error;
  return Object.freeze({
    rolloutId,
    baseWorldId: base.id,
    baseTick: point.tick,
    numEpisodes: plan.length,
    episodes: Object.freeze(outcomes),
    ...tally.counts,
    totalDurationSteps: outcomes.reduce(
      (n, outcome) => n + (outcome.status === 'completed' ? outcome.durationSteps : 0),
      0,
    ),
    leftBehind: Object.freeze(forks.left),
  });
}
