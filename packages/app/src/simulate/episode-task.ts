import {
  ArchetypeError,
  type Json,
  type QuietWorld,
  type ResourceValue,
  type World,
} from '@archetype/core';
import type { Task } from '../executor/executor.ts';
import { callback } from './callback.ts';
import { runEpisode, type EpisodeDefinition, type EpisodeResult } from './episode.ts';
import type { ForkPoint } from './fork-point.ts';
import type { RolloutForks } from './rollout-forks.ts';
import type { PlannedEpisode } from './rollout-plan.ts';
import type { Terminal } from './terminal.ts';

/** What the episodes of a rollout have in common. */
export interface EpisodeSurroundings<T> {
  readonly rolloutId: string;
  readonly base: World;
  readonly point: ForkPoint;
  readonly forks: RolloutForks;
  readonly episode: EpisodeDefinition;
  readonly collect: ((world: QuietWorld, result: EpisodeResult) => T | Promise<T>) | undefined;
  readonly destroy: boolean;
  /** Somebody wants to know of every step. */
  readonly reports: boolean;
}

export interface EpisodeDone<T> {
  readonly result: EpisodeResult;
  readonly value: T;
}

/** One episode on a fork of its own. When it ends, its fork is destroyed if that was asked for, and always if it was cancelled. */
export function episodeTask<T>(
  { index, name, seed, params }: PlannedEpisode,
  around: EpisodeSurroundings<T>,
): Task<EpisodeDone<T>> {
  const { base, point, forks, episode, collect } = around;
  const resources = checkParams(
    name,
    callback(`params of "${name}"`, () => params()),
  );
  return {
    about: {
      kind: 'episode',
      rollout: around.rolloutId,
      index,
      base: { world: base.id, tick: point.tick },
      name,
      seed,
      maxSteps: episode.maxSteps ?? 1000,
      terminal: terminalAsData(episode.terminal),
      params: resources.map(({ resource, of, value }) => ({
        resource,
        ...(of.kind === 'data' && { value: value as Json }),
      })),
    },
    run: async ({ signal, report }) => {
      const fork = await point.fork({ name, seed, resources });
      forks.take(index, fork);
      let keep = false;
      try {
        const result = await runEpisode(fork, {
          ...episode,
          seed,
          signal,
          ...(around.reports && { onProgress: ({ tick, step }) => report({ tick, step }) }),
        });
        const what = `collect of "${name}"`;
        const value = await callback(what, () => collect?.(fork, result) as T, signal);
        keep = !around.destroy;
        return { result, value };
      } catch (error) {
        keep = !around.destroy && !signal.aborted;
        throw error;
      } finally {
        if (!keep) await forks.destroy(index);
      }
    },
  };
}

const isValue = (value: unknown): boolean => (value as ResourceValue | null)?.of !== undefined;

function checkParams(name: string, given: unknown): readonly ResourceValue[] {
  if (Array.isArray(given) && given.every(isValue)) return given;
  throw new ArchetypeError(
    'invalid_argument',
    `params of "${name}" were not a list of resource values; give one, for example [Gravity(1.6)].`,
  );
}

function terminalAsData(terminal: Terminal | undefined): Json {
  if (terminal === undefined) return null;
  if (typeof terminal === 'function') return 'predicate';
  const { component, field = null, mode = 'any' } = terminal;
  return { component: component.type, field, mode };
}
