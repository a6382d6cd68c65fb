import { ArchetypeError, MemoryStore, type World } from '@archetype/core';
import {
  InProcessExecutor,
  runRollout,
  type RolloutOptions,
  type RolloutResult,
} from '@archetype/app';
import { describe, expect, test } from 'vitest';
import { Distance, Pace, Resting, Runner, startRace, trace } from './runners.ts';

/** A race that stands at tick 5, and a rollout of it. */
async function started(runners = 3) {
  const race = startRace({ runners });
  await race.world.run({ steps: 5 });
  return race;
}
const over = { terminal: { component: Resting } } as const;
/** What does not depend on which ids were minted. */
const facts = <T>({ episodes }: RolloutResult<T>) =>
  episodes.map((episode) => {
    if (episode.status !== 'completed') return episode;
    const { episodeId: _episode, worldId: _world, runId: _run, ...rest } = episode;
    return rest;
  });
const alive = async (worlds: Awaited<ReturnType<typeof started>>['worlds']) =>
  (await worlds.list()).filter(({ destroyed }) => !destroyed).map(({ name }) => name);

describe('a rollout', () => {
  test('of 64 episodes x 100 ticks gives the same with parallel 8 as with parallel 1, and leaves the base as it was', async () => {
    const { world } = await started(10);
    const before = { info: world.info(), rows: await trace(world) };
    const rollout = (parallel: number) =>
      runRollout(world, { numEpisodes: 64, parallel, episode: { maxSteps: 100 }, collect: trace });
    const [one, eight] = [await rollout(1), await rollout(8)];
    expect(facts(eight)).toEqual(facts(one));
    expect(one).toMatchObject({
      baseWorldId: world.id,
      baseTick: 5,
      numEpisodes: 64,
      completed: 64,
      failed: 0,
      cancelled: 0,
      totalDurationSteps: 6400,
      leftBehind: [],
    });
    expect(world.info()).toEqual(before.info);
    expect(await trace(world)).toEqual(before.rows);
    const ends = one.episodes.map(
      (episode) => episode.status === 'completed' && episode.value.at(-1),
    );
    expect(new Set(ends).size).toBe(64);
  });

  test('with conditions, policies and waiting is the same whatever is parallel', async () => {
    const { world } = await started();
    const rollout = (parallel: number) =>
      runRollout(world, {
        numEpisodes: 12,
        parallel,
        episode: {
          ...over,
          policy: async (race, { random }) => {
            await Promise.resolve();
            race.resources.set(Pace(random.uniform(0.5, 1.5)));
          },
        },
        collect: trace,
      });
    const results = [await rollout(1), await rollout(3), await rollout(12)];
    expect(facts(results[1]!)).toEqual(facts(results[0]!));
    expect(facts(results[2]!)).toEqual(facts(results[0]!));
    const steps = results[0]!.episodes.map((e) => e.status === 'completed' && e.durationSteps);
    expect(new Set(steps).size).toBeGreaterThan(3);
  });

  test('never has more episodes under way than asked for', async () => {
    const { world } = await started();
    const numbers: number[] = [];
    await runRollout(world, {
      numEpisodes: 9,
      parallel: 3,
      episode: { ...over, maxSteps: 5, policy: () => Promise.resolve() },
      onProgress: ({ running }) => numbers.push(running),
    });
    expect(Math.max(...numbers)).toBe(3);
    expect(numbers.at(-1)).toBe(0);
  });

  test('names its worlds after the base, in order; their names are free again afterwards', async () => {
    const { worlds, world } = await started();
    const options: RolloutOptions = { numEpisodes: 3, episode: { maxSteps: 2 }, namePrefix: 'try' };
    const names = ['race:try:0', 'race:try:1', 'race:try:2'];
    const first = await runRollout(world, options);
    const second = await runRollout(world, options);
    for (const { episodes } of [first, second])
      expect(episodes.map(({ name, index }) => [index, name])).toEqual([...names.entries()]);
    expect(await alive(worlds)).toEqual(['race', ...names, ...names]);
    expect(first.rolloutId).not.toBe(second.rolloutId);
  });

  test('keeps the worlds of its episodes to be read by id, unless they are to be destroyed', async () => {
    const { worlds, world } = await started();
    for (const destroyForksOnComplete of [false, true]) {
      const { episodes } = await runRollout(world, {
        numEpisodes: 2,
        episode: { maxSteps: 3 },
        destroyForksOnComplete,
        collect: trace,
      });
      for (const episode of episodes) {
        if (episode.status !== 'completed') throw new Error('not completed');
        const reader = await worlds.attach(episode.worldId);
        expect(reader.record).toMatchObject({
          name: episode.name,
          seed: episode.seed,
          newestTick: 8,
          destroyed: destroyForksOnComplete,
          forkedAt: { world: world.id, tick: 5 },
        });
        const rows = await reader.query([Runner], { ticks: 'all' });
        expect([...rows.column('runner__x')]).toEqual(episode.value);
      }
    }
  });

  test('takes what is staged in the base along, and an unstarted base as it is', async () => {
    const { world } = startRace({ runners: 2 });
    const born = async (race: Pick<World, 'query'>) => (await race.query([Runner])).numRows;
    const rollout = () =>
      runRollout(world, { numEpisodes: 4, parallel: 2, episode: { maxSteps: 2 }, collect: born });
    const values = (result: RolloutResult<number>) =>
      result.episodes.map((e) => e.status === 'completed' && [e.startTick, e.finalTick, e.value]);
    expect(values(await rollout())).toEqual(Array.from({ length: 4 }, () => [0, 2, 2]));
    expect(world.info()).toMatchObject({ started: false, staged: 2 });
    await world.step();
    world.spawn(Runner());
    expect(values(await rollout())).toEqual(Array.from({ length: 4 }, () => [1, 3, 3]));
  });

  test('goes on from where the base stood when the base goes on meanwhile', async () => {
    const { world } = await started();
    const calm = await runRollout(world, {
      numEpisodes: 6,
      episode: { maxSteps: 3 },
      collect: trace,
    });
    const busy = await runRollout(world, {
      numEpisodes: 6,
      episode: { maxSteps: 3, policy: async () => void (await world.step()) },
      collect: trace,
    });
    expect(world.tick).toBe(5 + 18);
    expect(facts(busy)).toEqual(facts(calm));
  });

  test('says so when the base was changed and what was staged in it is lost', async () => {
    const { world } = await started();
    world.spawn(Runner());
    const { episodes } = await runRollout(world, {
      numEpisodes: 2,
      episode: { maxSteps: 1, policy: async () => void (await world.step()) },
    });
    expect(episodes[0]).toMatchObject({ status: 'completed' });
    expect(episodes[1]).toMatchObject({ status: 'failed', error: { code: 'base_changed' } });
  });
});

describe('seeds and parameters', () => {
  const seeds = async (world: World, options: Partial<RolloutOptions> = {}) =>
    (
      await runRollout(world, { numEpisodes: 5, episode: { maxSteps: 1 }, ...options })
    ).episodes.map(({ seed }) => seed);

  test("seeds are distinct, follow from the base's, and do not depend on how many there are", async () => {
    const { world } = await started();
    const five = await seeds(world);
    expect(new Set([...five, 1]).size).toBe(6);
    expect(await seeds(world)).toEqual(five);
    expect((await seeds(world, { numEpisodes: 7 })).slice(0, 5)).toEqual(five);
    expect(await seeds(startRace({ seed: 2 }).world)).not.toEqual(five);
  });

  test("a seed is the seed of the episode's world: what it draws is what a fork with it draws", async () => {
    const { world } = await started();
    const { episodes } = await runRollout(world, {
      numEpisodes: 3,
      seeds: [7, 8, 7],
      episode: { maxSteps: 4 },
      collect: trace,
    });
    const values = episodes.map((e) => (e.status === 'completed' ? e.value : []));
    const fork = await world.fork({ seed: 8 });
    await fork.run({ steps: 4 });
    expect(values[1]).toEqual(await trace(fork));
    expect(values[0]).toEqual(values[2]);
    expect(values[0]).not.toEqual(values[1]);
  });

  test.each<[string, RolloutOptions['params']]>([
    ['a list', [[Pace(0)], [Pace(2)], []]],
    ['a function', ({ index, seed }) => (seed >= 0 && index < 2 ? [Pace(index * 2)] : [])],
  ])('parameters are %s of resource overrides, one for each episode', async (_name, params) => {
    const { world } = await started();
    const { episodes } = await runRollout(world, {
      numEpisodes: 3,
      seeds: [4, 4, 4],
      params: params!,
      episode: { maxSteps: 10 },
      collect: async (race) => [
        race.resources.get(Pace),
        (await race.query([Runner])).column('runner__x')[0]!,
      ],
    });
    const [still, fast, plain] = episodes.map((e) => (e.status === 'completed' ? e.value : []));
    const [start] = (await world.query([Runner])).column('runner__x');
    expect([still, fast![0], plain![0]]).toEqual([[0, start], 2, 1]);
    expect(fast![1]! - start!).toBeCloseTo(2 * (plain![1]! - start!), 10);
    expect(world.resources.get(Pace)).toBe(1);
  });

  test('parameters that cannot be had fail their episode, in its place', async () => {
    const { world } = await started();
    const { episodes, completed } = await runRollout(world, {
      numEpisodes: 4,
      episode: { maxSteps: 1 },
      params: ({ index }) => {
        if (index === 1) throw new Error('no such thing');
        return index === 2 ? ([Distance] as never) : [];
      },
    });
    expect(completed).toBe(2);
    expect(episodes[1]).toMatchObject({
      status: 'failed',
      error: { code: 'callback_failed', message: 'params of "race:ep:1" threw: no such thing' },
      worldId: undefined,
    });
    expect(episodes[2]).toMatchObject({
      status: 'failed',
      error: {
        code: 'invalid_argument',
        message: expect.stringMatching(/^params of "race:ep:2" were not a list of resource values/),
      },
    });
  });
});

describe('an episode that fails', () => {
  const failing = (broken: readonly number[]): RolloutOptions['episode'] => ({
    maxSteps: 6,
    policy: (race, { step }) => {
      if (step === 2 && broken.some((k) => race.name.endsWith(`:${k}`))) throw new Error('ill');
    },
  });

  test.each([1, 3])(
    'is reported in its place while the others finish, with parallel %i',
    async (parallel) => {
      const { worlds, world } = await started();
      const result = await runRollout(world, {
        numEpisodes: 5,
        parallel,
        episode: failing([1, 3]),
      });
      expect(result).toMatchObject({
        completed: 3,
        failed: 2,
        cancelled: 0,
        totalDurationSteps: 18,
      });
      expect(result.episodes.map(({ status }) => status)).toEqual([
        'completed',
        'failed',
        'completed',
        'failed',
        'completed',
      ]);
      const [, ill] = result.episodes;
      if (ill?.status !== 'failed') throw new Error('did not fail');
      expect(ill.error).toBeInstanceOf(ArchetypeError);
      expect(ill.error).toMatchObject({
        code: 'callback_failed',
        message: 'The policy of world "race:ep:1", at tick 7, threw: ill',
      });
      expect((await worlds.attach(ill.worldId!)).record).toMatchObject({
        newestTick: 7,
        destroyed: false,
      });
    },
  );

  test('leaves no world where worlds are to be destroyed', async () => {
    const { worlds, world } = await started();
    const result = await runRollout(world, {
      numEpisodes: 5,
      parallel: 2,
      episode: failing([0, 4]),
      destroyForksOnComplete: true,
    });
    expect(result).toMatchObject({ completed: 3, failed: 2, leftBehind: [] });
    expect(await alive(worlds)).toEqual(['race']);
  });

  test('stops the others with onError: "stop"; those that had finished stay', async () => {
    const { worlds, world } = await started();
    const result = await runRollout(world, {
      numEpisodes: 6,
      parallel: 2,
      episode: failing([2]),
      onError: 'stop',
    });
    expect(result.episodes.map(({ status }) => status).slice(0, 3)).toEqual([
      'completed',
      'completed',
      'failed',
    ]);
    expect(result.cancelled).toBe(3);
    expect(await alive(worlds)).toEqual(['race', 'race:ep:0', 'race:ep:1', 'race:ep:2']);
  });

  test('collect that throws fails its episode', async () => {
    const { world } = await started();
    const { episodes } = await runRollout(world, {
      numEpisodes: 2,
      episode: { maxSteps: 1 },
      collect: (race) => {
        if (race.name.endsWith(':1')) throw new Error('nothing there');
        return race.tick;
      },
    });
    expect(episodes[0]).toMatchObject({ status: 'completed', value: 6 });
    expect(episodes[1]).toMatchObject({
      error: { code: 'callback_failed', message: 'collect of "race:ep:1" threw: nothing there' },
    });
  });

  test('a world that is called so already fails the episode that needs the name, and stays as it is', async () => {
    const { world } = await started();
    const mine = await world.fork({ name: 'race:ep:1' });
    const { episodes } = await runRollout(world, { numEpisodes: 3, episode: { maxSteps: 1 } });
    expect(episodes.map(({ status }) => status)).toEqual(['completed', 'failed', 'completed']);
    expect(episodes[1]).toMatchObject({
      error: { code: 'world_exists', message: expect.stringMatching(/"race:ep:1" already/) },
    });
    await mine.step();
    expect(mine.tick).toBe(6);
  });
});

describe('a rollout that is cancelled', () => {
  test.each([false, true])(
    'at half returns what finished and leaves no forks, destroyForksOnComplete: %s',
    async (destroyForksOnComplete) => {
      const { worlds, world } = await started();
      const before = world.info();
      const controller = new AbortController();
      const result = await runRollout(world, {
        numEpisodes: 64,
        parallel: 8,
        episode: { maxSteps: 100 },
        destroyForksOnComplete,
        signal: controller.signal,
        collect: trace,
        onProgress: ({ completed }) => {
          if (completed === 32) controller.abort(new Error('enough'));
        },
      });
      expect(result.completed).toBeGreaterThanOrEqual(32);
      expect(result.completed).toBeLessThan(64);
      expect(result.completed + result.cancelled).toBe(64);
      expect(result.episodes).toHaveLength(64);
      expect(await alive(worlds)).toEqual(['race']);
      expect(world.info()).toEqual(before);
      const whole = await runRollout(world, {
        numEpisodes: 64,
        episode: { maxSteps: 100 },
        collect: trace,
      });
      for (const [k, outcome] of facts(result).entries())
        if (outcome.status === 'completed') expect(outcome).toEqual(facts(whole)[k]);
    },
  );

  test('rows of episodes that finished stay readable', async () => {
    const { worlds, world } = await started();
    const controller = new AbortController();
    const { episodes } = await runRollout(world, {
      numEpisodes: 3,
      episode: { maxSteps: 2 },
      signal: controller.signal,
      onProgress: ({ completed }) => {
        if (completed === 1) controller.abort();
      },
    });
    const [first] = episodes;
    if (first?.status !== 'completed') throw new Error('not completed');
    const reader = await worlds.attach(first.worldId);
    expect((await reader.query([Runner], { ticks: 'all' })).numRows).toBe(3 * 8);
  });

  test('before it began returns nothing but cancelled episodes', async () => {
    const { worlds, world } = await started();
    const result = await runRollout(world, {
      numEpisodes: 2,
      episode: {},
      signal: AbortSignal.abort(),
    });
    expect(result.episodes).toEqual([
      { index: 0, name: 'race:ep:0', seed: expect.any(Number), status: 'cancelled' },
      { index: 1, name: 'race:ep:1', seed: expect.any(Number), status: 'cancelled' },
    ]);
    expect(await alive(worlds)).toEqual(['race']);
  });

  test('ends at once where a policy waits for ever', async () => {
    const { worlds, world } = await started();
    const controller = new AbortController();
    const result = await runRollout(world, {
      numEpisodes: 3,
      parallel: 3,
      signal: controller.signal,
      episode: {
        policy: ({ name }) => {
          if (name.endsWith('2')) controller.abort();
          return new Promise(() => undefined);
        },
      },
    });
    expect(result.cancelled).toBe(3);
    expect(await alive(worlds)).toEqual(['race']);
  });
});

describe('progress', () => {
  test('is told from the first episode to the last, with the steps taken so far', async () => {
    const { world } = await started();
    const told: { readonly steps: number; readonly completed: number }[] = [];
    const { rolloutId } = await runRollout(world, {
      numEpisodes: 4,
      parallel: 2,
      episode: { maxSteps: 5, policy: () => Promise.resolve() },
      onProgress: (progress) => told.push(progress),
    });
    expect(told[0]).toMatchObject({
      rolloutId,
      numEpisodes: 4,
      running: 1,
      completed: 0,
      steps: 0,
    });
    expect(told.at(-1)).toMatchObject({ running: 0, completed: 4, failed: 0, steps: 20 });
    const steps = told.map((progress) => progress.steps);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(new Set(steps).size).toBeGreaterThan(10);
  });

  test.each([
    [
      'at once',
      () => {
        throw new Error('deaf');
      },
    ],
    ['later', () => Promise.reject(new Error('deaf')) as never],
  ])(
    'a listener that throws %s ends the rollout with one error, and no fork stays',
    async (_name, onProgress) => {
      const { worlds, world } = await started();
      const rollout = runRollout(world, { numEpisodes: 4, episode: { maxSteps: 5 }, onProgress });
      await expect(rollout).rejects.toMatchObject({
        code: 'callback_failed',
        message: "The rollout's onProgress threw: deaf",
      });
      expect(await alive(worlds)).toEqual(['race']);
    },
  );
});

describe('a rollout goes through an executor', () => {
  test('which is told what each episode is, as data', async () => {
    const { world } = await started();
    const abouts: unknown[] = [];
    class Watched extends InProcessExecutor {
      override submit(task: Parameters<InProcessExecutor['submit']>[0]): Promise<string> {
        abouts.push(task.about);
        return super.submit(task);
      }
    }
    const { rolloutId } = await runRollout(world, {
      numEpisodes: 2,
      seeds: [3, 4],
      episode: { terminal: { component: Runner, field: 'home', mode: 'all' }, maxSteps: 50 },
      params: ({ index }) => [Pace(index)],
      executor: new Watched(),
    });
    expect(JSON.parse(JSON.stringify(abouts))[1]).toEqual({
      kind: 'episode',
      rollout: rolloutId,
      index: 1,
      base: { world: world.id, tick: 5 },
      name: 'race:ep:1',
      seed: 4,
      maxSteps: 50,
      terminal: { component: 'Runner', field: 'home', mode: 'all' },
      params: [{ resource: 'pace', value: 1 }],
    });
  });

  test('which several rollouts may share', async () => {
    const [a, b] = [await started(), await started()];
    const executor = new InProcessExecutor({ parallel: 2 });
    const rollout = (world: World) =>
      runRollout(world, { numEpisodes: 6, parallel: 3, episode: over, executor, collect: trace });
    const [first, second] = await Promise.all([rollout(a.world), rollout(b.world)]);
    expect(facts(first)).toEqual(facts(second));
    expect(first.completed).toBe(6);
  });

  test('whose own failure is the failure of the episode', async () => {
    const { world } = await started();
    class Down extends InProcessExecutor {
      override submit(): Promise<string> {
        return Promise.reject(new Error('queue is down'));
      }
    }
    const { episodes } = await runRollout(world, {
      numEpisodes: 1,
      episode: {},
      executor: new Down(),
    });
    expect(episodes[0]).toMatchObject({
      status: 'failed',
      error: { code: 'task_failed', message: 'Episode "race:ep:0" failed: queue is down' },
    });
  });
});

test('a world that cannot be cleaned up is told of, with the reason; nothing else is lost', async () => {
  class Stubborn extends MemoryStore {
    override destroy(): Promise<void> {
      return Promise.reject(new ArchetypeError('storage_unavailable', 'The disk is gone.'));
    }
  }
  const { world } = startRace({ store: new Stubborn() });
  const result = await runRollout(world, {
    numEpisodes: 2,
    episode: { maxSteps: 1 },
    destroyForksOnComplete: true,
  });
  expect(result.completed).toBe(2);
  expect(result.leftBehind).toMatchObject([
    { world: { name: 'race:ep:0' }, error: { code: 'storage_unavailable' } },
    { world: { name: 'race:ep:1' }, error: { code: 'storage_unavailable' } },
  ]);
  expect((await runRollout(world, { numEpisodes: 2, episode: { maxSteps: 1 } })).completed).toBe(2);
});

describe('what is wrong is refused with one sentence, before anything is forked', () => {
  const { worlds, world } = startRace();
  const fine = { numEpisodes: 2, episode: {} };
  test.each<[string, unknown, RegExp]>([
    [
      'NaN episodes',
      { ...fine, numEpisodes: Number.NaN },
      /^numEpisodes was NaN; give a whole number from 1 on\.$/,
    ],
    ['no episodes', { ...fine, numEpisodes: 0 }, /^numEpisodes was 0/],
    ['parallel 0', { ...fine, parallel: 0 }, /^parallel was 0; give a whole number from 1 on\.$/],
    ['parallel NaN', { ...fine, parallel: Number.NaN }, /^parallel was NaN/],
    ['NaN steps', { ...fine, episode: { maxSteps: Number.NaN } }, /^episode.maxSteps was NaN/],
    [
      'an unknown mode',
      { ...fine, episode: { terminal: { component: Resting, mode: 'x' } } },
      /^terminal.mode was "x"/,
    ],
    [
      'a component by name',
      { ...fine, episode: { terminal: { component: 'Resting' } } },
      /^terminal.component was the text "Resting"/,
    ],
    [
      'an empty prefix',
      { ...fine, namePrefix: ' ' },
      /^namePrefix was " "; give a text that is not empty\.$/,
    ],
    [
      'an unknown onError',
      { ...fine, onError: 'ignore' },
      /^onError was "ignore"; give "continue" or "stop"\.$/,
    ],
    [
      'too few seeds',
      { ...fine, seeds: [1] },
      /^seeds has 1 entries for 2 episodes; give one for each\.$/,
    ],
    ['seeds that are no list', { ...fine, seeds: 7 }, /^seeds was number; give a list\.$/],
    ['a NaN seed', { ...fine, seeds: [1, Number.NaN] }, /^The seed was NaN/],
    ['too many params', { ...fine, params: [[], [], []] }, /^params has 3 entries for 2 episodes/],
    ['no episode', { numEpisodes: 2 }, /^runRollout's episode was given undefined for its options/],
    ['nothing', undefined, /^runRollout was given undefined for its options/],
  ])('%s', async (_name, options, message) => {
    await expect(runRollout(world, options as never)).rejects.toMatchObject({
      name: 'ArchetypeError',
      code: expect.stringMatching(/^(invalid_argument|length_mismatch)$/),
      message: expect.stringMatching(message),
    });
    expect(await worlds.list()).toEqual([]);
  });

  test('something that is no world', async () => {
    await expect(runRollout({} as never, fine)).rejects.toMatchObject({
      message: expect.stringMatching(/^runRollout was given an object for a world/),
    });
  });
});
