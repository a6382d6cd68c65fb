import {
  bool,
  defineComponent,
  defineProcessor,
  MemoryStore,
  Worlds,
  type AnyComponent,
} from '@archetype/core';
import { runEpisode, type ComponentCondition } from '@archetype/app';
import { describe, expect, test } from 'vitest';
import { race, Resting, Runner, startRace, Stone, trace } from './runners.ts';

describe('an episode', () => {
  test('steps the world that it is given until its condition is met, and says where it began and ended', async () => {
    const { worlds, world } = startRace();
    await world.run({ steps: 4 });
    const result = await runEpisode(world, { terminal: { component: Resting, mode: 'any' } });
    expect(result).toEqual({
      episodeId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      worldId: world.id,
      runId: world.run_id,
      startTick: 4,
      finalTick: world.tick,
      terminated: true,
      truncated: false,
      durationSteps: world.tick - 4,
    });
    expect(result.durationSteps).toBeGreaterThan(2);
    expect((await world.query([Resting])).numRows).toBe(1);
    expect((await world.query([Resting], { ticks: world.tick - 1 })).numRows).toBe(0);
    expect((await worlds.list()).map(({ name }) => name)).toEqual(['race']);
  });

  test('computes the same ticks as a run', async () => {
    const [a, b] = [startRace().world, startRace().world];
    await a.run({ steps: 30 });
    await runEpisode(b, { maxSteps: 30, terminal: () => false });
    expect(await trace(b)).toEqual(await trace(a));
  });

  test('is cut off after maxSteps, 1000 unless told', async () => {
    const { world } = startRace();
    expect(await runEpisode(world, { maxSteps: 7, terminal: () => false })).toMatchObject({
      startTick: 0,
      finalTick: 7,
      terminated: false,
      truncated: true,
      durationSteps: 7,
    });
    expect(await runEpisode(world)).toMatchObject({ startTick: 7, durationSteps: 1000 });
  });

  test('has an id of its own, each time', async () => {
    const { world } = startRace();
    const ids = [];
    for (let k = 0; k < 5; k++) ids.push((await runEpisode(world, { maxSteps: 1 })).episodeId);
    expect(new Set(ids).size).toBe(5);
  });

  test('takes no step when the condition is met from the start, and starts an unstarted world', async () => {
    const { world } = startRace();
    const spawned = world.spawn(Runner(), Resting());
    const result = await runEpisode(world, { terminal: { component: Resting } });
    expect(result).toMatchObject({
      startTick: 0,
      finalTick: 0,
      terminated: true,
      durationSteps: 0,
    });
    expect(world.info()).toMatchObject({ started: true, entities: spawned });
    expect(await runEpisode(world, { maxSteps: 0, terminal: () => false })).toMatchObject({
      truncated: true,
      durationSteps: 0,
    });
  });

  test('a condition that the last allowed step meets is met: terminated, not truncated', async () => {
    const { world } = startRace();
    const free = await runEpisode(await world.fork(), { terminal: { component: Resting } });
    const tight = await runEpisode(await world.fork(), {
      terminal: { component: Resting },
      maxSteps: free.durationSteps,
    });
    expect(tight).toMatchObject({ terminated: true, truncated: false, finalTick: free.finalTick });
    const short = await runEpisode(await world.fork(), {
      terminal: { component: Resting },
      maxSteps: free.durationSteps - 1,
    });
    expect(short).toMatchObject({ terminated: false, truncated: true });
  });
});

describe('a terminal condition', () => {
  const asked = async (
    condition: ComponentCondition<typeof Runner> | ComponentCondition,
    rows: readonly ('home' | 'away' | 'resting' | 'stone')[],
  ): Promise<boolean> => {
    const world = new Worlds(new MemoryStore()).create('asked', race, { seed: 1 });
    for (const row of rows) {
      if (row === 'stone') world.spawn(Stone());
      else if (row === 'resting') world.spawn(Runner(), Resting());
      else world.spawn(Runner({ home: row === 'home' }));
    }
    const { terminated, durationSteps } = await runEpisode(world, {
      terminal: condition as ComponentCondition,
      maxSteps: 0,
    });
    expect(durationSteps).toBe(0);
    return terminated;
  };
  const field = { component: Runner, field: 'home' } as const;
  const component = { component: Resting };

  test.each([
    ['any', ['away', 'home'], true],
    ['any', ['away', 'stone'], false],
    ['any', [], false],
    ['all', ['home', 'home', 'stone'], true],
    ['all', ['home', 'away'], false],
    ['all', ['stone'], false],
    ['none', ['away', 'stone'], true],
    ['none', ['away', 'home'], false],
    ['none', [], true],
  ] as const)('over a field: %s of %j is %s', async (mode, rows, expected) => {
    expect(await asked({ ...field, mode }, rows)).toBe(expected);
  });

  test.each([
    ['any', ['away', 'resting'], true],
    ['any', ['away'], false],
    ['all', ['resting', 'resting'], true],
    ['all', ['resting', 'stone'], false],
    ['all', [], false],
    ['none', ['away', 'stone'], true],
    ['none', ['resting', 'stone'], false],
    ['none', [], true],
  ] as const)('over a component: %s of %j is %s', async (mode, rows, expected) => {
    expect(await asked({ ...component, mode }, rows)).toBe(expected);
  });

  test('asks "any" unless told', async () => {
    expect(await asked(field, ['away', 'home'])).toBe(true);
    expect(await asked(component, ['away', 'resting'])).toBe(true);
  });

  test('null counts as false', async () => {
    const Vote = defineComponent('Vote', { yes: bool().nullable() });
    const voted = async (mode: 'any' | 'all' | 'none', votes: readonly (boolean | null)[]) => {
      const world = new Worlds(new MemoryStore()).create('vote', {}, { seed: 1 });
      for (const yes of votes) world.spawn(Vote({ yes }));
      const terminal = { component: Vote, field: 'yes', mode } as const;
      return (await runEpisode(world, { terminal, maxSteps: 0 })).terminated;
    };
    expect(await voted('any', [null, false])).toBe(false);
    expect(await voted('any', [null, true])).toBe(true);
    expect(await voted('all', [true, null])).toBe(false);
    expect(await voted('all', [true, true])).toBe(true);
    expect(await voted('none', [null, null])).toBe(true);
    expect(await voted('none', [null, true])).toBe(false);
  });

  test('a component that nobody has yet is no error: it may come', async () => {
    const Later = defineComponent('Later');
    expect(await asked({ component: Later }, ['away'])).toBe(false);
    expect(await asked({ component: Later, mode: 'none' }, ['away'])).toBe(true);
  });

  test('a predicate sees the world after each step, and may wait', async () => {
    const { world } = startRace();
    const seen: number[][] = [];
    const result = await runEpisode(world, {
      terminal: async (now, { tick, step, episodeId, signal }) => {
        expect(episodeId).toMatch(/^[0-9a-f-]{36}$/);
        expect(signal.aborted).toBe(false);
        seen.push([tick, step, (await now.query([Runner])).column('runner__lap')[0]!]);
        return step === 3;
      },
    });
    expect(result).toMatchObject({ terminated: true, durationSteps: 3 });
    expect(seen).toEqual([
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ]);
  });
});

describe('what is wrong is refused with one sentence', () => {
  const { world } = startRace();
  test.each<[string, unknown, RegExp]>([
    [
      'a component by its name',
      { terminal: { component: 'Resting' } },
      /^terminal.component was the text "Resting"; give the component itself, what defineComponent returned\.$/,
    ],
    [
      'a component instead of a condition',
      { terminal: Resting },
      /^terminal was the component Resting itself; give \{ component: Resting, mode: "any" \}\.$/,
    ],
    [
      'an unknown mode',
      { terminal: { component: Resting, mode: 'most' } },
      /^terminal.mode was "most"; use "any", "all" or "none"\.$/,
    ],
    [
      'a mode of Object',
      { terminal: { component: Resting, mode: 'toString' } },
      /^terminal.mode was "toString"/,
    ],
    [
      'a field that is no boolean',
      { terminal: { component: Runner, field: 'x' } },
      /^terminal.field was "x", which is no boolean of Runner; its boolean fields are: home\.$/,
    ],
    [
      'a field that is none',
      { terminal: { component: Runner, field: 'hone' } },
      /^terminal.field was "hone", which is no field of Runner/,
    ],
    [
      'a number',
      { terminal: 7 },
      /^terminal was 7; give \{ component, field, mode \} or a function/,
    ],
    ['null', { terminal: null }, /^terminal was null/],
    ['NaN steps', { maxSteps: Number.NaN }, /^maxSteps was NaN; give a whole number from 0 on\.$/],
    ['half a step', { maxSteps: 1.5 }, /^maxSteps was 1.5/],
    ['steps as text', { maxSteps: '10' }, /^maxSteps was "10"/],
    ['endless steps', { maxSteps: Infinity }, /^maxSteps was Infinity/],
    [
      'a seed below 0',
      { policy: () => undefined, seed: -1 },
      /^The seed was -1; give a whole number/,
    ],
    ['a policy that is none', { policy: 'greedy' }, /^policy was greedy; give a function/],
    ['a number for options', 7, /^runEpisode was given number for its options/],
  ])('%s', async (_name, options, message) => {
    const tick = world.tick;
    await expect(runEpisode(world, options as never)).rejects.toMatchObject({
      name: 'ArchetypeError',
      code: 'invalid_argument',
      message: expect.stringMatching(message),
    });
    expect(world.tick).toBe(tick);
    expect(world.info().started).toBe(false);
  });

  test('something that is no world', async () => {
    await expect(runEpisode(undefined as never)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^runEpisode was given undefined for a world/),
    });
  });

  test('a predicate that throws, or answers with something else than a boolean', async () => {
    const cause = new Error('no idea');
    for (const terminal of [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
    ]) {
      await expect(runEpisode(world, { terminal })).rejects.toMatchObject({
        code: 'callback_failed',
        message: 'The terminal predicate of world "race", at tick 0, threw: no idea',
        cause,
      });
    }
    await expect(runEpisode(world, { terminal: (() => 1) as never })).rejects.toMatchObject({
      code: 'callback_failed',
      message:
        'The terminal predicate gave 1 at tick 0; return true when the episode is over, false otherwise.',
    });
  });

  test('a failing tick is what fails the episode; ticks before it stay', async () => {
    const { world: other } = startRace();
    other.processors.add(
      defineProcessor({
        name: 'stumble',
        components: [Runner],
        process: (df, { tick }) => {
          if (tick === 3) throw new Error('fell');
          return df;
        },
      }),
    );
    await expect(runEpisode(other, { terminal: () => false })).rejects.toMatchObject({
      code: 'processor_failed',
    });
    expect(other.tick).toBe(2);
  });
});

describe('a listener', () => {
  test('is told of every step', async () => {
    for (const terminal of [undefined, () => false]) {
      const { world } = startRace();
      const told: number[][] = [];
      await runEpisode(world, {
        maxSteps: 3,
        ...(terminal && { terminal }),
        onProgress: ({ tick, step, maxSteps }) => told.push([tick, step, maxSteps]),
      });
      expect(told).toEqual([
        [1, 1, 3],
        [2, 2, 3],
        [3, 3, 3],
      ]);
    }
  });

  test('that throws ends the episode with one error, whether it throws at once or later', async () => {
    for (const terminal of [undefined, () => false]) {
      for (const onProgress of [
        () => {
          throw new Error('deaf');
        },
        () => Promise.reject(new Error('deaf')) as never,
      ]) {
        const { world } = startRace();
        const episode = { maxSteps: 3, onProgress, ...(terminal && { terminal }) };
        await expect(runEpisode(world, episode)).rejects.toMatchObject({
          code: 'callback_failed',
          message: 'onProgress of world "race" threw: deaf',
        });
      }
    }
  });
});

describe('a signal', () => {
  test('ends an episode between ticks; what is committed stays', async () => {
    const { world } = startRace();
    const controller = new AbortController();
    const episode = runEpisode(world, {
      terminal: (_world, { step }) => {
        if (step === 5) controller.abort(new Error('enough'));
        return false;
      },
      signal: controller.signal,
    });
    await expect(episode).rejects.toMatchObject({ code: 'aborted' });
    expect(world.tick).toBe(5);
    await world.step();
    expect(world.tick).toBe(6);
  });

  test('ends it at once where a predicate or a policy waits for ever', async () => {
    for (const waiting of ['terminal', 'policy']) {
      const { world } = startRace();
      const controller = new AbortController();
      const episode = runEpisode(world, {
        [waiting]: () => {
          queueMicrotask(() => controller.abort());
          return new Promise(() => undefined);
        },
        signal: controller.signal,
      });
      await expect(episode).rejects.toMatchObject({ code: 'aborted' });
    }
  });

  test('that is aborted before the start changes nothing', async () => {
    const { world } = startRace();
    await expect(runEpisode(world, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringMatching(/told to stop after 0 steps/),
    });
    expect(world.info().started).toBe(false);
  });
});

test('types: a condition takes the component and its boolean fields, and no names', () => {
  const accept = <C extends AnyComponent>(_options: Parameters<typeof runEpisode<C>>[1]) => true;
  expect(accept({ terminal: { component: Runner, field: 'home', mode: 'all' } })).toBe(true);
  // @ts-expect-error x holds numbers
  expect(accept({ terminal: { component: Runner, field: 'x' } })).toBe(true);
  // @ts-expect-error a name is no component
  expect(accept({ terminal: { component: 'Runner' } })).toBe(true);
  // @ts-expect-error there is no such mode
  expect(accept({ terminal: { component: Runner, mode: 'most' } })).toBe(true);
});
