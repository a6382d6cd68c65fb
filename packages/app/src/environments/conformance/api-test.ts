import { ArchetypeError } from '@archetype/core';
import type { Env, EnvInfo } from '../env.ts';
import { hold, triedWith, type ConformanceOptions } from './options.ts';
import { numbersIn, same, shapeOf } from './shape.ts';

/**
 * Holds an environment to its interface over a few episodes: what `reset` and `step` give, observations of one shape that
 * never change afterwards, finite rewards, ends that are kept and come no later than `maxSteps`.
 *
 * @throws `conformance_failed` with what is wrong
 * @example await apiTest(env, { actions: (random) => random.integer(0, 2) });
 */
export async function apiTest<O, A, R>(
  env: Env<O, A, R>,
  options: ConformanceOptions<A>,
): Promise<void> {
  const { seed, steps, actions } = triedWith(options);
  const act = actions('apiTest');
  const { maxSteps } = env;
  hold(
    Number.isSafeInteger(maxSteps) && maxSteps >= 1,
    () => `maxSteps was ${String(maxSteps)}; it must be a whole number from 1 on.`,
  );
  let shape: string | undefined;
  let rewards: string | undefined;
  const held: { readonly given: unknown; readonly copy: unknown; readonly when: string }[] = [];
  const observed = (given: unknown, when: string): void => {
    checkObservation(given, when);
    shape ??= shapeOf(given);
    hold(
      shapeOf(given) === shape,
      () =>
        `The observation ${when} was ${shapeOf(given)}, and the first was ${shape}; the shape must stay.`,
    );
    hold(
      held.every((before) => before.given !== given || typeof given === 'number'),
      () => `The observation ${when} is the same object as an earlier one; each must be a new one.`,
    );
    held.push({ given, copy: structuredClone(given), when });
  };

  let taken = 0;
  for (let episode = 0; taken < steps; episode++) {
    const started = (await env.reset({ seed: seed + episode })) as unknown;
    hold(
      Array.isArray(started) && started.length === 2,
      () => 'reset must give [observation, info].',
    );
    const [first, info] = started as readonly [unknown, EnvInfo];
    observed(first, `after reset ${episode}`);
    checkInfo(info, 0, `after reset ${episode}`);
    hold(
      info.seed === seed + episode,
      () => `info.seed was ${info.seed} after reset({ seed: ${seed + episode} }).`,
    );
    let over = false;
    for (let step = 1; !over && taken < steps; step++, taken++) {
      const when = `after step ${step} of episode ${episode}`;
      const given = (await env.step(act())) as unknown;
      hold(
        Array.isArray(given) && given.length === 5,
        () => 'step must give [observation, reward, terminated, truncated, info].',
      );
      const [observation, reward, terminated, truncated, now] = given as readonly [
        unknown,
        unknown,
        unknown,
        unknown,
        EnvInfo,
      ];
      observed(observation, when);
      rewards ??= shapeOf(reward);
      hold(
        numbersIn(reward)?.every(Number.isFinite) === true,
        () =>
          `The reward ${when} was ${String(reward)}; it must be a finite number, or hold nothing else.`,
      );
      hold(
        shapeOf(reward) === rewards,
        () =>
          `The reward ${when} was ${shapeOf(reward)}, and the first was ${rewards}; the shape must stay.`,
      );
      for (const [name, end] of Object.entries({ terminated, truncated }))
        hold(
          typeof end === 'boolean',
          () => `${name} was ${String(end)} ${when}; it must be a boolean.`,
        );
      checkInfo(now, step, when);
      hold(
        now.episodeId === info.episodeId,
        () => `info.episodeId changed ${when}; an episode has one id.`,
      );
      over = terminated === true || truncated === true;
      hold(
        over || step < maxSteps,
        () =>
          `The episode went on ${when}, and maxSteps is ${maxSteps}; it must be truncated then.`,
      );
    }
    if (over) await holdEnded(env, act(), episode);
    for (const { given: kept, copy, when } of held)
      hold(
        same(kept, copy),
        () =>
          `The observation ${when} was changed by a later step; each must be an object of its own.`,
      );
    held.length = 0;
  }
  await holdSeedRefused(env);
}

function checkObservation(given: unknown, when: string): void {
  const numbers = numbersIn(given);
  hold(
    numbers !== undefined,
    () =>
      `The observation ${when} was ${shapeOf(given)}; it must be a number, a typed array, or a record of them.`,
  );
  hold(!numbers!.some(Number.isNaN), () => `The observation ${when} holds NaN.`);
}

function checkInfo(info: unknown, step: number, when: string): void {
  const given = info as Partial<EnvInfo> | null | undefined;
  hold(
    typeof given === 'object' && given !== null,
    () => `info was ${String(info)} ${when}; it must be an object.`,
  );
  hold(
    given!.step === step,
    () => `info.step was ${String(given!.step)} ${when}; it must be ${step}.`,
  );
  hold(
    typeof given!.episodeId === 'string' && given!.episodeId !== '',
    () => `info.episodeId was ${String(given!.episodeId)} ${when}; an episode must have an id.`,
  );
}

async function holdEnded<A>(
  env: Env<unknown, A, unknown>,
  action: A,
  episode: number,
): Promise<void> {
  const code = await env.step(action).then(
    () => 'taken',
    (error: unknown) => (error instanceof ArchetypeError ? error.code : 'another error'),
  );
  hold(
    code === 'no_episode',
    () =>
      `A step after the end of episode ${episode} was ${code === 'taken' ? 'taken' : `refused with ${code}`}; it must be refused with no_episode.`,
  );
}

async function holdSeedRefused(env: Env<unknown, never, unknown>): Promise<void> {
  for (const seed of [-1, 0.5, Number.NaN]) {
    const refused = await env.reset({ seed }).then(
      () => false,
      (error: unknown) => error instanceof ArchetypeError,
    );
    hold(
      refused,
      () => `reset took the seed ${seed}; it must refuse what is no whole number from 0 on.`,
    );
  }
}
