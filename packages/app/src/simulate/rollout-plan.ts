import { ArchetypeError, type World } from '@archetype/core';
import { wholeNumber } from '../whole-number.ts';
import { requireOptions, requireWorld } from './given.ts';
import type { EpisodeParams, RolloutOptions } from './rollout-options.ts';
import { checkSeed, seedsOf } from './seeds.ts';
import { checkOf } from './terminal.ts';

/** One episode to be run. */
export interface PlannedEpisode {
  readonly index: number;
  readonly name: string;
  readonly seed: number;
  readonly params: () => EpisodeParams;
}

/** The episodes of a rollout. All that can be wrong with its options is found here, before anything is forked. @throws `invalid_argument` */
export function planRollout(
  base: World,
  options: RolloutOptions<unknown, any>,
): readonly PlannedEpisode[] {
  requireWorld(base, 'runRollout');
  requireOptions(options, 'runRollout');
  requireOptions(options.episode, "runRollout's episode");
  const { namePrefix = 'ep', seeds, params, onError = 'continue' } = options;
  const numEpisodes = wholeNumber(options.numEpisodes, 'numEpisodes', 1);
  wholeNumber(options.parallel ?? 1, 'parallel', 1);
  wholeNumber(options.episode.maxSteps ?? 1000, 'episode.maxSteps', 0);
  checkOf(options.episode.terminal);
  if (typeof namePrefix !== 'string' || namePrefix.trim() === '') {
    throw refused(`namePrefix was ${JSON.stringify(namePrefix)}`, 'a text that is not empty');
  }
  if (onError !== 'continue' && onError !== 'stop') {
    throw refused(`onError was ${JSON.stringify(onError)}`, '"continue" or "stop"');
  }
  checkLength('seeds', seeds, numEpisodes);
  if (typeof params !== 'function') checkLength('params', params, numEpisodes);
  seeds?.forEach(checkSeed);
  const derived = seedsOf(base.info().seed);
  return Array.from({ length: numEpisodes }, (_, index) => {
    const seed = seeds?.[index] ?? derived.next().value;
    return {
      index,
      name: `${base.name}:${namePrefix}:${index}`,
      seed,
      params: () =>
        typeof params === 'function' ? params({ index, seed }) : (params?.[index] ?? []),
    };
  });
}

function checkLength(name: string, given: unknown, numEpisodes: number): void {
  if (given === undefined) return;
  if (!Array.isArray(given)) throw refused(`${name} was ${typeof given}`, 'a list');
  if (given.length === numEpisodes) return;
  throw new ArchetypeError(
    'length_mismatch',
    `${name} has ${given.length} entries for ${numEpisodes} episodes; give one for each.`,
  );
}

const refused = (was: string, wanted: string): ArchetypeError =>
  new ArchetypeError('invalid_argument', `${was}; give ${wanted}.`);
