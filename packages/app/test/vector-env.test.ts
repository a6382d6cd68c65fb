import {
  bool,
  defineComponent,
  defineProcessor,
  f64,
  isDataFrame,
  MemoryStore,
  random,
  Worlds,
  type DataFrame,
  type F64,
  type I32,
  type World,
} from '@archetype/core';
import { createVectorEnv, type VectorEnvDefinition } from '@archetype/app';
import { describe, expect, test } from 'vitest';

/** Boats that drift at random, are pushed by their captains, and are home at 3. */
const Boat = defineComponent('Boat', { x: f64(0), lane: f64(0) });
const Flag = defineComponent('Flag', { up: bool(false) });
const sail = defineProcessor({
  name: 'sail',
  components: [Boat],
  process: (df, { input }) => {
    if (!isDataFrame(input)) return df;
    return df
      .lookup('entity_id', input as DataFrame<{ entity_id: I32; action: F64 }>, { push: 'action' })
      .withColumns((c) => ({ boat__x: c.boat.x.add(c.push.fillNull(0)).add(random().mul(0.1)) }))
      .drop('push');
  },
});
const raise = defineProcessor({
  name: 'raise',
  components: [Boat, Flag],
  priority: 20,
  process: (df) => df.withColumns((c) => ({ flag__up: c.boat.x.ge(3) })),
});
type Fleet = VectorEnvDefinition<[typeof Boat, typeof Flag], Float64Array<ArrayBuffer>>;
const definition = (numEnvs: number): Fleet => ({
  components: [Boat, Flag],
  numEnvs,
  begin: ({ index, random: draw }) => [Boat({ x: draw.uniform(), lane: index }), Flag()],
  observe: (rows) => {
    const [x, lane] = [rows.column('boat__x'), rows.column('boat__lane')];
    return Float64Array.from(
      { length: 2 * rows.numRows },
      (_, k) => (k % 2 === 0 ? x : lane)[k >> 1]!,
    );
  },
  reward: (rows, { actions, before }) =>
    Array.from(rows.column('boat__x'), (x, k) => x - before[2 * k]! - actions[k]!),
  terminated: (rows) => rows.column('flag__up'),
  maxSteps: 8,
});
function sea() {
  const worlds = new Worlds(new MemoryStore());
  const world = worlds.create('sea', { processors: [sail, raise] }, { seed: 1 });
  const alive = async () =>
    (await worlds.list()).filter(({ destroyed, name }) => !destroyed && name !== 'sea').length;
  return { worlds, world, alive };
}
const make = (numEnvs: number, changes: Partial<Fleet> = {}, world: World = sea().world) =>
  createVectorEnv(world, { ...definition(numEnvs), ...changes });

describe('a vector environment', () => {
  test('steps many entities of one world with one tick', async () => {
    const { worlds, world } = sea();
    await using env = make(5, {}, world);
    const [first, info] = await env.reset({ seed: 3 });
    expect(first).toBeInstanceOf(Float64Array);
    expect(first).toHaveLength(10);
    expect([...first].filter((_, k) => k % 2 === 1)).toEqual([0, 1, 2, 3, 4]);
    expect(info).toMatchObject({ seed: 3, tick: 0, done: new Int32Array() });
    const [next, rewards, terminated, truncated, now] = await env.step([0, 1, 2, 0, 0.5]);
    expect(now).toMatchObject({ worldId: info.worldId, tick: 1 });
    expect(now.final_observation).toBe(undefined);
    for (let k = 0; k < 5; k++) {
      const moved = next[2 * k]! - first[2 * k]!;
      const drift = moved - [0, 1, 2, 0, 0.5][k]!;
      expect(drift >= 0 && drift < 0.1).toBe(true);
      expect(rewards[k]).toBeCloseTo(drift, 12);
    }
    expect([terminated, truncated]).toEqual([new Uint8Array(5), new Uint8Array(5)]);
    const reader = await worlds.attach(info.worldId);
    expect((await reader.query([Boat], { ticks: 'all' })).numRows).toBe(10);
    expect(world.info().started).toBe(false);
  });

  test('begins anew in the same step what has ended, and gives the last observation beside the first', async () => {
    await using env = make(3);
    const [first] = await env.reset({ seed: 1 });
    const [next, , terminated, truncated, info] = await env.step([0, 9, 0]);
    expect([...terminated]).toEqual([0, 1, 0]);
    expect([...truncated]).toEqual([0, 0, 0]);
    expect([...info.done]).toEqual([1]);
    const final = info.final_observation!;
    expect(final).toHaveLength(6);
    expect(final[2]).toBeGreaterThan(9);
    expect(next[2]! >= 0 && next[2]! < 1).toBe(true);
    expect(next[2]).not.toBe(first[2]);
    expect([next[0], next[1], next[3], next[4]]).toEqual([final[0], final[1], final[3], final[4]]);
    const [after, rewards] = await env.step([0, 0.25, 0]);
    const drift = after[2]! - next[2]! - 0.25;
    expect(drift >= 0 && drift < 0.1).toBe(true);
    expect(rewards[1]).toBeCloseTo(drift, 12);
  });

  test('truncates each at its own maxSteps', async () => {
    await using env = make(2);
    await env.reset({ seed: 1 });
    const ends: number[][] = [];
    for (let step = 1; step <= 16; step++) {
      const [, , terminated, truncated] = await env.step([step === 3 ? 9 : 0, 0]);
      ends.push([terminated[0]!, truncated[0]!, terminated[1]!, truncated[1]!]);
    }
    const nothing = [0, 0, 0, 0];
    expect(ends).toEqual(
      Array.from({ length: 16 }, (_, k) => {
        if (k === 2) return [1, 0, 0, 0];
        if (k === 7 || k === 15) return [0, 0, 0, 1];
        return k === 10 ? [0, 1, 0, 0] : nothing;
      }),
    );
  });

  test('is what its seed says: all of it, and what each one begins with whatever the others do', async () => {
    const played = async (seed: number, pushed: number) => {
      await using env = make(4);
      const seen = [[...(await env.reset({ seed }))[0]]];
      for (let step = 0; step < 12; step++) {
        const [observations] = await env.step([pushed, 0, 0, 0.3]);
        seen.push([...observations]);
      }
      return seen;
    };
    const one = await played(1, 0);
    expect(await played(1, 0)).toEqual(one);
    expect(await played(2, 0)).not.toEqual(one);
    const other = await played(1, 2);
    expect(other).not.toEqual(one);
    expect(other.map((row) => row.slice(2))).toEqual(one.map((row) => row.slice(2)));
  });

  test('does not mind other entities with the same components, older or born on the way', async () => {
    const { world } = sea();
    world.spawn(Boat({ x: 50 }), Flag());
    const breed = defineProcessor({
      name: 'breed',
      components: [],
      scope: 'world',
      process: (df, ctx) => {
        ctx.spawn(Boat({ x: 100 }), Flag());
        return df;
      },
    });
    const alone = make(3);
    const plain = await alone.reset({ seed: 1 });
    await using env = make(3, {}, world);
    expect((await env.reset({ seed: 1 }))[0]).toEqual(plain[0]);
    world.processors.add(breed);
    await using busy = make(3, {}, world);
    await busy.reset({ seed: 1 });
    for (let step = 0; step < 3; step++) expect((await busy.step([0, 0, 0]))[0]).toHaveLength(6);
    await alone.close();
  });

  test('adds its entities to a base with ticks in one tick, exactly as given', async () => {
    const { world } = sea();
    world.spawn(Boat());
    await world.run({ steps: 2 });
    const fresh = make(2);
    await using env = make(2, {}, world);
    expect(await env.reset({ seed: 1 })).toMatchObject([
      (await fresh.reset({ seed: 1 }))[0],
      { tick: 3 },
    ]);
    expect(world.tick).toBe(2);
    await fresh.close();
  });

  test('keeps one world at a time, and none once it is closed', async () => {
    const { world, alive } = sea();
    const env = make(2, {}, world);
    for (let k = 0; k < 3; k++) {
      await env.reset();
      await env.step([0, 0]);
      expect(await alive()).toBe(1);
    }
    await env.close();
    await env.close();
    expect(await alive()).toBe(0);
    await expect(env.step([0, 0])).rejects.toMatchObject({ code: 'env_closed' });
  });

  test('actions may go in another way than as a frame', async () => {
    await using env = make(2, {
      act: (world, actions, entities) => {
        entities.forEach((id, k) => world.update(id, Boat, { x: actions[k]! }));
      },
    });
    await env.reset();
    const [observations] = await env.step([1, 2]);
    expect([observations[0], observations[2]]).toEqual([1, 2]);
  });
});

describe('what goes wrong with a vector environment', () => {
  test('a step before the first reset, and another number of actions, are refused', async () => {
    await using env = make(2);
    await expect(env.step([0, 0])).rejects.toMatchObject({ code: 'no_episode' });
    await env.reset();
    for (const actions of [[0], [0, 0, 0]]) {
      await expect(env.step(actions)).rejects.toMatchObject({
        code: 'length_mismatch',
        message: `step was given ${actions.length} actions for 2 sub-environments; give one for each.`,
      });
    }
    await expect(env.step(undefined as never)).rejects.toMatchObject({
      message: 'step was given no actions for 2 sub-environments; give one for each.',
    });
    expect((await env.step([0, 0]))[4].tick).toBe(1);
  });

  test('what begins anew is not lost when an action cannot be taken', async () => {
    await using env = make(2);
    await env.reset({ seed: 1 });
    const [begun] = await env.step([9, 0]);
    await expect(env.step(['north', 0] as never)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^The action for sub-environment 0 was string; give numbers/),
    });
    await expect(env.step([0, Number.NaN])).rejects.toMatchObject({
      message: expect.stringMatching(/^The action for sub-environment 1 was NaN/),
    });
    const [next] = await env.step([0, 0]);
    const drift = next[0]! - begun[0]!;
    expect(drift >= 0 && drift < 0.1).toBe(true);
  });

  test.each<[string, Partial<Fleet>, string, RegExp]>([
    [
      'observations of another length',
      { observe: (rows) => new Float64Array(rows.numRows + (rows.column('tick')[0]! > 0 ? 1 : 0)) },
      'length_mismatch',
      /^observe of world .* gave 3 numbers for 2 rows/,
    ],
    [
      'observations that are no typed array',
      { observe: (rows) => (rows.column('tick')[0]! > 0 ? [1, 2] : new Float64Array(2)) as never },
      'length_mismatch',
      /^observe of world .* gave object for 2 rows/,
    ],
    [
      'too few rewards',
      { reward: () => [1] },
      'length_mismatch',
      /^reward of world .* gave 1 values for 2 rows; give one for each/,
    ],
    [
      'no ends',
      { terminated: () => undefined as never },
      'length_mismatch',
      /^terminated of world .* gave no values for 2 rows/,
    ],
    [
      'a reward that throws',
      {
        reward: () => {
          throw new Error('broke');
        },
      },
      'callback_failed',
      /^reward of world .* threw: broke$/,
    ],
  ])(
    '%s: the step fails with one sentence, and reset begins anew',
    async (_name, changes, code, message) => {
      await using env = make(2, changes);
      await env.reset();
      await expect(env.step([0, 0])).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      await expect(env.step([0, 0])).rejects.toMatchObject({
        code: 'no_episode',
        message: 'The last step of world "sea" failed half-way; call reset() to begin anew.',
      });
      await expect(env.reset()).resolves.toHaveLength(2);
    },
  );

  test('a sub-environment whose entity dies is told of', async () => {
    const { world } = sea();
    world.processors.add(
      defineProcessor({
        name: 'sink',
        components: [Boat],
        priority: 30,
        process: (df, ctx) => {
          ctx.despawn(df.filter((c) => c.boat.lane.eq(1)));
          return df;
        },
      }),
    );
    await using env = make(3, {}, world);
    await env.reset();
    await expect(env.step([0, 0, 0])).rejects.toMatchObject({
      code: 'entity_not_found',
      message: expect.stringMatching(
        /^Sub-environment 1 has lost its entity or a component at tick 1/,
      ),
    });
  });

  test('begin must give one value of each component', async () => {
    for (const begin of [() => [Boat()], () => [Boat(), Boat()], () => undefined as never]) {
      const { world, alive } = sea();
      await using env = make(2, { begin }, world);
      await expect(env.reset()).rejects.toMatchObject({
        code: 'invalid_argument',
        message: expect.stringMatching(
          /^begin gave .* for sub-environment 0; give one value of each of Boat, Flag\.$/,
        ),
      });
      expect(await alive()).toBe(0);
    }
  });

  test.each<[string, unknown, RegExp]>([
    [
      'no sub-environments',
      { ...definition(0) },
      /^numEnvs was 0; give a whole number from 1 on\.$/,
    ],
    ['NaN of them', { ...definition(Number.NaN) }, /^numEnvs was NaN/],
    [
      'no components',
      { ...definition(1), components: [] },
      /^createVectorEnv was given no components; give a list with at least one/,
    ],
    [
      'no observe',
      { ...definition(1), observe: undefined },
      /^createVectorEnv was given no observe; give a function\.$/,
    ],
    ['maxSteps 0', { ...definition(1), maxSteps: 0 }, /^maxSteps was 0/],
    ['null', null, /^createVectorEnv was given null for its options/],
  ])('%s: refused with one sentence', (_name, given, message) => {
    expect(() => createVectorEnv(sea().world, given as never)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringMatching(message),
      }),
    );
  });
});
