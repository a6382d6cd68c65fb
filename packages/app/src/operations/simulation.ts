import {
  resourceFromJson,
  type Json,
  type ResourceValue,
  type StepOptions,
  type World,
} from '@archetype/core';
import { z } from 'zod';
import { runEpisode, type EpisodeDefinition } from '../simulate/episode.ts';
import type { Policy } from '../simulate/policy.ts';
import { runRollout } from '../simulate/rollout.ts';
import type { EpisodeParams, RolloutResult } from '../simulate/rollout-options.ts';
import { checkOf, type Predicate, type Terminal } from '../simulate/terminal.ts';
import { change, roles, type Given } from './operation.ts';
import { short } from '../command/printed.ts';
import { json, resources, seed, text } from './payload.ts';

const MAX_STEPS = 1_000_000;
const MAX_EPISODES = 10_000;
/** As an episode has it unless told. */
const EPISODE_STEPS = 1000;

const isFunction = (given: unknown): boolean => typeof given === 'function';
const steps = z.int().min(0).max(MAX_STEPS);
const episode = {
  maxSteps: steps.optional(),
  terminal: z
    .union([
      z.strictObject({
        component: text,
        field: text.optional(),
        mode: z.enum(['any', 'all', 'none']).optional(),
      }),
      z.custom<Predicate>(isFunction, 'give { component, field, mode }'),
    ])
    .optional(),
  policy: z.custom<Policy>(isFunction, 'a policy is a function').optional(),
};
type EpisodePayload = z.output<z.ZodObject<typeof episode>>;

/** Live functions are in no record. */
const writtenEpisode = ({ maxSteps, terminal, policy }: EpisodePayload): Record<string, Json> => ({
  ...(maxSteps !== undefined && { maxSteps }),
  ...(terminal !== undefined && {
    terminal: typeof terminal === 'function' ? 'predicate' : (terminal as Json),
  }),
  ...(policy !== undefined && { policy: 'function' }),
});

function definitionOf(world: World, payload: EpisodePayload): EpisodeDefinition {
  const { maxSteps, terminal, policy } = payload;
  const condition = (
    terminal === undefined || typeof terminal === 'function'
      ? terminal
      : { ...terminal, component: world.definitions.component(terminal.component) }
  ) as Terminal | undefined;
  checkOf(condition);
  return {
    ...(maxSteps !== undefined && { maxSteps }),
    ...(condition !== undefined && { terminal: condition }),
    ...(policy !== undefined && { policy }),
  };
}

const inputOf = (input: Json | undefined): Pick<StepOptions, 'input'> =>
  input === undefined ? {} : { input };

const step = change({
  type: 'step',
  group: 'simulation',
  about: 'Computes one tick and makes it durable.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ input: json.optional() }),
  cost: { base: 10 },
  summary: () => ({}),
  check: (services, { world }) => services.live(world!),
  run: async (services, { payload: { input }, world }, { signal }) =>
    (await services.live(world!)).step({ signal, ...inputOf(input) }),
});

const run = change({
  type: 'run',
  group: 'simulation',
  about: 'Computes many ticks; resolves when the last is durable.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ steps, input: json.optional() }),
  cost: { base: 50, perTick: 1 },
  parts: ({ steps: ticks }) => [ticks],
  summary: ({ steps: ticks }) => ({ steps: ticks }),
  check: (services, { world }) => services.live(world!),
  run: async (services, { payload, world }, given) =>
    (await services.live(world!)).run({
      steps: payload.steps,
      ...inputOf(payload.input),
      ...going(given),
    }),
  partly: (ticks) => [ticks],
  spent: ({ ticksCompleted }) => [ticksCompleted],
});

const episodeOperation = change({
  type: 'run_episode',
  group: 'simulation',
  about: 'Steps the world until a condition is met or a number of steps is taken.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ ...episode, seed: seed.optional() }),
  cost: { base: 50, perTick: 1, cap: 500 },
  parts: ({ maxSteps = EPISODE_STEPS }) => [maxSteps],
  summary: ({ maxSteps = EPISODE_STEPS }) => ({ maxSteps }),
  written: ({ seed: given, ...definition }) => ({
    ...writtenEpisode(definition),
    ...(given !== undefined && { seed: given }),
  }),
  check: async (services, { payload, world }) => definitionOf(await services.live(world!), payload),
  run: async (services, { payload, world: id }, given) => {
    const world = await services.live(id!);
    return runEpisode(world, {
      ...definitionOf(world, payload),
      ...(payload.seed !== undefined && { seed: payload.seed }),
      ...going(given),
    });
  },
  partly: (ticks) => [ticks],
  spent: ({ durationSteps }) => [durationSteps],
});

const rollout = change({
  type: 'run_rollout',
  group: 'simulation',
  about: 'Runs many episodes, each on its own fork of the world as it stands.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({
    numEpisodes: z.int().min(1).max(MAX_EPISODES),
    episode: z.strictObject(episode).default({}),
    parallel: z.int().min(1).max(1000).optional(),
    namePrefix: text.optional(),
    seeds: z.array(seed).max(MAX_EPISODES).optional(),
    params: z
      .union([
        z.array(resources).max(MAX_EPISODES),
        z.custom<(episode: { readonly index: number; readonly seed: number }) => EpisodeParams>(
          isFunction,
          'give a list of resources by name, one for each episode',
        ),
      ])
      .optional(),
    destroyForksOnComplete: z.boolean().optional(),
    onError: z.enum(['continue', 'stop']).optional(),
  }),
  cost: { base: 50, perTick: 1, cap: 500 },
  parts: ({ numEpisodes, episode: { maxSteps = EPISODE_STEPS } }) =>
    Array.from({ length: numEpisodes }, () => maxSteps),
  summary: ({ numEpisodes, episode: { maxSteps = EPISODE_STEPS }, namePrefix = 'ep' }) => ({
    numEpisodes,
    maxSteps,
    namePrefix: short(namePrefix),
  }),
  written: ({ episode: definition, params, ...rest }) => ({
    ...(rest as Record<string, Json>),
    episode: writtenEpisode(definition),
    ...(params !== undefined && { params: typeof params === 'function' ? 'function' : params }),
  }),
  check: async (services, { payload, world: id }) => {
    const world = await services.live(id!);
    definitionOf(world, payload.episode);
    if (Array.isArray(payload.params)) payload.params.forEach((given) => paramsOf(world, given));
  },
  run: async (services, { payload, world: id }, given) => {
    const world = await services.live(id!);
    const { episode: definition, params, ...rest } = payload;
    return runRollout(world, {
      ...(rest as { numEpisodes: number }),
      episode: definitionOf(world, definition),
      ...(params !== undefined && {
        params: Array.isArray(params) ? params.map((one) => paramsOf(world, one)) : params,
      }),
      ...(services.executor !== undefined && { executor: services.executor }),
      ...going(given),
    });
  },
  // Who did not come to its end is charged as if it had, but for those that never began.
  spent: ({ episodes }, { episode: { maxSteps = EPISODE_STEPS } }) =>
    episodes.flatMap((one) => {
      if (one.status === 'completed') return one.durationSteps;
      return one.worldId === undefined ? [] : maxSteps;
    }),
  kept: keptRollout,
});

/** Resources by name, as the world knows them. */
const paramsOf = (world: World, given: Readonly<Record<string, Json>>): readonly ResourceValue[] =>
  Object.entries(given).map(([name, value]) =>
    resourceFromJson(world.definitions.resource(name), value),
  );

/** Errors as their codes and sentences. */
function keptRollout(result: RolloutResult): Json {
  const { episodes, leftBehind, ...rest } = result;
  return {
    ...rest,
    episodes: episodes.map((one): Json => {
      if (one.status === 'failed') {
        const { error, worldId, ...about } = one;
        return { ...about, code: error.code, message: error.message, worldId: worldId ?? null };
      }
      if (one.status === 'cancelled') return { ...one, worldId: one.worldId ?? null };
      const { value: _value, ...about } = one;
      return { ...about };
    }),
    leftBehind: leftBehind.map(({ world, error }): Json => ({
      id: world.id,
      name: world.name,
      message: error instanceof Error ? error.message : String(error),
    })),
  };
}

const going = ({ signal, onProgress }: Given) => ({
  signal,
  ...(onProgress !== undefined && {
    onProgress: (progress: object) => onProgress(progress as Json),
  }),
});

export const simulation = { step, run, run_episode: episodeOperation, run_rollout: rollout };
