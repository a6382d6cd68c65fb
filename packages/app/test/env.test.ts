import {
  defineComponent,
  defineProcessor,
  defineResource,
  f64,
  MemoryStore,
  random,
  Worlds,
  type World,
} from '@archetype/core';
import { createEnv, type Env, type EnvDefinition } from '@archetype/app';
import { describe, expect, test } from 'vitest';

/** A boat that drifts at random and is pushed by its captain; it is home at 5. */
const Boat = defineComponent('Boat', { x: f64(0) });
const Wind = defineResource('wind', { schema: f64(0.1) });
const sail = defineProcessor({
  name: 'sail',
  components: [Boat],
  process: (df, ctx) =>
    df.withColumns((c) => ({
      boat__x: c.boat.x
        .add(random().mul(ctx.resources.get(Wind)))
        .add((ctx.input as number | undefined) ?? 0),
    })),
});
type BoatEnv = EnvDefinition<number, number>;
const definition: BoatEnv = {
  begin: (world, { random: draw }) => {
    world.spawn(Boat({ x: draw.uniform() }));
  },
  observe: async (world) => (await world.query([Boat])).column('boat__x')[0]!,
  act: (_world, push) => push,
  reward: (_world, { before, after }) => after - before,
  terminated: (_world, { after }) => after >= 5,
  maxSteps: 10,
};
function sea() {
  const worlds = new Worlds(new MemoryStore());
  const world = worlds.create(
    'sea',
    { processors: [sail], resources: [Wind], components: [Boat] },
    { seed: 1 },
  );
  const alive = async () =>
    (await worlds.list())
      .filter(({ destroyed, name }) => !destroyed && name !== 'sea')
      .map(({ name }) => name);
  return { worlds, world, alive };
}
const make = (changes: Partial<BoatEnv> = {}, world: World = sea().world): Env<number, number> =>
  createEnv(world, { ...definition, ...changes });
/** Up to ten steps. */
async function sailAll(env: Env<number, number>, push = 0.1) {
  const seen: number[] = [];
  for (let step = 0; step < 10; step++) {
    const [x, , terminated, truncated] = await env.step(push);
    seen.push(x);
    if (terminated || truncated) break;
  }
  return seen;
}

describe('an environment', () => {
  test('begins with an observation and steps with observation, reward, terminated, truncated and info', async () => {
    const { world } = sea();
    await using env = make({}, world);
    const [first, begun] = await env.reset({ seed: 7 });
    expect(begun).toEqual({
      episodeId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      worldId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      seed: 7,
      tick: 0,
      step: 0,
    });
    const [next, reward, terminated, truncated, info] = await env.step(1);
    expect(next).toBeGreaterThan(first + 1);
    expect(reward).toBe(next - first);
    expect([terminated, truncated]).toEqual([false, false]);
    expect(info).toEqual({ ...begun, tick: 1, step: 1 });
    expect(world.info()).toMatchObject({ started: false, staged: 0, entities: 0 });
  });

  test('is terminated by its condition and truncated by maxSteps, never both', async () => {
    await using env = make();
    await env.reset({ seed: 1 });
    expect((await env.step(5)).slice(2, 4)).toEqual([true, false]);
    await env.reset({ seed: 1 });
    for (let step = 1; step < 10; step++)
      expect((await env.step(0)).slice(2, 4)).toEqual([false, false]);
    expect((await env.step(0)).slice(2, 4)).toEqual([false, true]);
    await env.reset({ seed: 1 });
    for (let step = 1; step < 10; step++) await env.step(0);
    expect((await env.step(5)).slice(2, 4)).toEqual([true, false]);
  });

  test('ends by a condition over components as well', async () => {
    const Home = defineComponent('Home');
    const dock = defineProcessor({
      name: 'dock',
      components: [Boat],
      priority: 20,
      process: (df, ctx) => {
        const home = df.filter((c) => c.boat.x.ge(5));
        if (home.numRows > 0) ctx.addComponents(home, Home());
        return df;
      },
    });
    const { world } = sea();
    world.processors.add(dock);
    await using env = make({ terminated: { component: Home, mode: 'all' } }, world);
    await env.reset();
    expect((await env.step(1))[2]).toBe(false);
    expect((await env.step(5))[2]).toBe(true);
  });

  test('the same seed is the same episode; without one each episode has its own, in the same order', async () => {
    const episodes = async (seeds: readonly (number | undefined)[]) => {
      await using env = make();
      const all: unknown[] = [];
      for (const seed of seeds) {
        const [first, info] = await env.reset(seed === undefined ? {} : { seed });
        all.push([info.seed, first, ...(await sailAll(env))]);
      }
      return all;
    };
    const [a, b, c] = await episodes([3, 4, 3]);
    expect(c).toEqual(a);
    expect(b).not.toEqual(a);
    const drawn = await episodes([undefined, undefined, undefined]);
    expect(await episodes([undefined, undefined, undefined])).toEqual(drawn);
    expect(new Set(drawn.map((episode) => (episode as number[])[0])).size).toBe(3);
  });

  test('an episode may have resources of its own', async () => {
    await using env = make();
    await env.reset({ seed: 1, params: [Wind(0)] });
    const [still] = await env.step(0);
    const [again] = await env.step(0);
    expect(again).toBe(still);
    await env.reset({ seed: 1 });
    expect((await env.step(0))[0]).toBeGreaterThan(still);
  });

  test('begins at the tick at which its base stood, whatever the base does later', async () => {
    const { world } = sea();
    world.spawn(Boat({ x: 1 }));
    await world.run({ steps: 3 });
    const env = createEnv(world, { ...definition, begin: () => undefined });
    const [first, { tick }] = await env.reset({ seed: 1 });
    const seen = await sailAll(env);
    await world.run({ steps: 2 });
    world.spawn(Boat());
    expect(tick).toBe(3);
    expect(await env.reset({ seed: 1 })).toMatchObject([first, { tick: 3, step: 0 }]);
    expect(await sailAll(env)).toEqual(seen);
    expect(world.tick).toBe(5);
    await env.close();
  });

  test('what begin stages on a base with ticks takes one tick, which is no step', async () => {
    const { world } = sea();
    await world.step();
    await using env = make({ begin: (start) => void start.spawn(Boat({ x: 2 })) }, world);
    expect(await env.reset({ seed: 1 })).toMatchObject([2, { tick: 2, step: 0 }]);
    expect((await env.step(1))[4]).toMatchObject({ tick: 3, step: 1 });
  });

  test('keeps one world at a time, and none once it is closed; rows stay readable', async () => {
    const { worlds, world, alive } = sea();
    const env = make({}, world);
    const ids: string[] = [];
    for (let k = 0; k < 4; k++) {
      const [, { worldId }] = await env.reset();
      ids.push(worldId);
      await sailAll(env);
      expect(await alive()).toEqual([expect.stringMatching(/^sea:env:/)]);
    }
    expect(new Set(ids).size).toBe(4);
    await env.close();
    await env.close();
    expect(await alive()).toEqual([]);
    const reader = await worlds.attach(ids[0]!);
    expect((await reader.query([Boat], { ticks: 'all' })).numRows).toBe(11);
    for (const call of [
      () => env.reset(),
      () => env.step(1),
      () => env.snapshot(),
      () => env.fork(),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'env_closed',
        message: 'The environment of world "sea" is closed; make another one with createEnv.',
      });
    }
  });

  test('calls that are not waited for take turns', async () => {
    await using env = make();
    const all = await Promise.all([
      env.reset({ seed: 1 }),
      env.step(0),
      env.step(0),
      env.reset({ seed: 1 }),
      env.step(0),
    ]);
    expect(all.map((given) => given.at(-1))).toMatchObject([
      { step: 0 },
      { step: 1 },
      { step: 2 },
      { step: 0 },
      { step: 1 },
    ]);
    expect(all[4][0]).toBe(all[1][0]);
  });
});

describe('snapshots and forks', () => {
  test('a snapshot is restored any number of times, also after the episode has ended and another has begun', async () => {
    await using env = make();
    await env.reset({ seed: 1 });
    const [here] = await env.step(0.5);
    await using snapshot = await env.snapshot();
    expect(snapshot).toMatchObject({ seed: 1, step: 1 });
    const straight = await sailAll(env);
    await env.reset({ seed: 2 });
    for (let time = 0; time < 3; time++) {
      expect(await env.restore(snapshot)).toMatchObject([here, { seed: 1, step: 1, tick: 1 }]);
      expect(await sailAll(env)).toEqual(straight);
    }
  });

  test('a fork goes its own way, and can be reset and closed on its own', async () => {
    const { world, alive } = sea();
    const env = make({}, world);
    await env.reset({ seed: 1 });
    await env.step(0.5);
    const fork = await env.fork();
    const twin = await env.fork();
    expect(await alive()).toHaveLength(3);
    await sailAll(fork, 0.3);
    await fork.reset({ seed: 9 });
    await fork.close();
    expect(await alive()).toHaveLength(2);
    expect(await sailAll(twin)).toEqual(await sailAll(env));
    await twin.close();
    await env.close();
    expect(await alive()).toEqual([]);
  });

  test('an episode of a fork has an id of its own', async () => {
    await using env = make();
    const [, { episodeId }] = await env.reset();
    await using fork = await env.fork();
    const ids = [(await env.step(0))[4].episodeId, (await fork.step(0))[4].episodeId];
    expect(ids[0]).toBe(episodeId);
    expect(ids[1]).not.toBe(episodeId);
  });

  test('a snapshot of an episode that has ended is one that has ended', async () => {
    await using env = make();
    await env.reset({ seed: 1 });
    await env.step(9);
    await using snapshot = await env.snapshot();
    await env.reset();
    await env.restore(snapshot);
    await expect(env.step(0)).rejects.toMatchObject({ code: 'no_episode' });
  });

  test('snapshots are destroyed when they are released, or with their environment', async () => {
    const { world, alive } = sea();
    const env = make({}, world);
    await env.reset();
    const snapshots = [await env.snapshot(), await env.snapshot()];
    expect(await alive()).toHaveLength(3);
    await snapshots[0]!.release();
    await snapshots[0]!.release();
    expect(await alive()).toHaveLength(2);
    await expect(env.restore(snapshots[0]!)).rejects.toMatchObject({
      code: 'no_episode',
      message: expect.stringMatching(/^The snapshot of step 0 was released/),
    });
    await env.close();
    expect(await alive()).toEqual([]);
  });
});

describe('what goes wrong', () => {
  test('a step without an episode is refused, before the first reset and after an end', async () => {
    await using env = make();
    for (const call of [() => env.step(1), () => env.snapshot(), () => env.fork()]) {
      await expect(call()).rejects.toMatchObject({
        code: 'no_episode',
        message: 'The environment of world "sea" has no episode yet; call reset() first.',
      });
    }
    await env.reset();
    await env.step(9);
    await expect(env.step(1)).rejects.toMatchObject({
      code: 'no_episode',
      message: 'The episode of world "sea" ended with step 1; call reset() to begin another.',
    });
    await env.reset();
    await env.step(0);
  });

  test('an action that cannot be taken leaves the episode as it was', async () => {
    await using env = make({
      act: (world, push) => {
        world.spawn(Boat({ x: 100 }));
        if (push < 0) throw new Error('backwards');
        if (push === 0) return Number.NaN;
        world.discard();
        return push;
      },
    });
    await env.reset({ seed: 1 });
    await expect(env.step(-1)).rejects.toMatchObject({
      code: 'callback_failed',
      message: expect.stringMatching(/^act of world "sea:env:.*", at tick 0, threw: backwards$/),
    });
    await expect(env.step(0)).rejects.toMatchObject({ code: 'invalid_argument' });
    await using other = make();
    await other.reset({ seed: 1 });
    expect((await env.step(0.5)).slice(0, 4)).toEqual((await other.step(0.5)).slice(0, 4));
  });

  test.each<[string, Partial<BoatEnv>]>([
    ['observe', { observe: (world) => (world.tick === 0 ? 0 : Promise.reject(new Error('fog'))) }],
    [
      'reward',
      {
        reward: () => {
          throw new Error('fog');
        },
      },
    ],
    [
      'terminated',
      {
        terminated: () => {
          throw new Error('fog');
        },
      },
    ],
    ['terminated', { terminated: (() => 0) as never }],
  ])(
    'a step that %s cannot judge ends the episode; the next reset begins another',
    async (name, changes) => {
      await using env = make(changes);
      await env.reset();
      await expect(env.step(1)).rejects.toMatchObject({
        code: 'callback_failed',
        message: expect.stringMatching(new RegExp(`^${name} of world "sea:env:`)),
      });
      await expect(env.step(1)).rejects.toMatchObject({
        code: 'no_episode',
        message:
          'Step 1 of world "sea" could not be observed and judged; call reset() to begin another episode, or restore a snapshot.',
      });
      await expect(env.reset()).resolves.toHaveLength(2);
    },
  );

  test.each<[string, Partial<BoatEnv>]>([
    ['begin', { begin: () => Promise.reject(new Error('storm')) }],
    [
      'observe',
      {
        observe: () => {
          throw new Error('storm');
        },
      },
    ],
  ])(
    'a reset that fails in %s leaves no world, and the episode before it as it was',
    async (name, changes) => {
      const { world, alive } = sea();
      let calm = true;
      const either = Object.fromEntries(
        Object.entries(changes).map(([key, broken]) => [
          key,
          (...given: unknown[]) =>
            ((calm ? definition[key as 'begin'] : broken) as (...g: unknown[]) => unknown)(
              ...given,
            ),
        ]),
      );
      await using env = make(either, world);
      await env.reset({ seed: 1 });
      calm = false;
      await expect(env.reset()).rejects.toMatchObject({
        code: 'callback_failed',
        message: expect.stringMatching(new RegExp(`^${name} of world .* threw: storm$`)),
      });
      expect(await alive()).toHaveLength(1);
      calm = true;
      expect((await env.step(1))[4]).toMatchObject({ seed: 1, step: 1 });
    },
  );

  test.each<[string, unknown, RegExp]>([
    [
      'no observe',
      { ...definition, observe: undefined },
      /^createEnv was given undefined for observe; it needs the functions observe, act, reward and terminated\.$/,
    ],
    ['a begin that is none', { ...definition, begin: 7 }, /^createEnv was given number for begin/],
    [
      'no terminated',
      { ...definition, terminated: undefined },
      /^createEnv was given undefined for terminated/,
    ],
    [
      'a condition by name',
      { ...definition, terminated: { component: 'Home' } },
      /^terminal.component was the text "Home"/,
    ],
    [
      'no steps',
      { ...definition, maxSteps: 0 },
      /^maxSteps was 0; give a whole number from 1 on\.$/,
    ],
    ['NaN steps', { ...definition, maxSteps: Number.NaN }, /^maxSteps was NaN/],
    ['nothing', undefined, /^createEnv was given undefined for its options/],
  ])('%s is refused with one sentence', (_name, given, message) => {
    expect(() => createEnv(sea().world, given as never)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringMatching(message),
      }),
    );
  });

  test('a bad seed, and a snapshot that is none, are refused', async () => {
    await using env = make();
    for (const seed of [-1, Number.NaN, 0.5])
      await expect(env.reset({ seed })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(env.restore({} as never)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'restore takes what snapshot() of such an environment returned.',
    });
  });
});
