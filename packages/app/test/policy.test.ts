import {
  isDataFrame,
  defineComponent,
  defineProcessor,
  f64,
  fromColumns,
  i32,
  MemoryStore,
  Worlds,
} from '@archetype/core';
import { runEpisode, type Policy } from '@archetype/app';
import { expect, test } from 'vitest';
import { Runner, startRace } from './runners.ts';

const Boat = defineComponent('Boat', { x: f64(0) });
const sail = defineProcessor({
  name: 'sail',
  components: [Boat],
  process: (df, ctx) => {
    const { input } = ctx;
    if (input === undefined) return df;
    const push = isDataFrame(input)
      ? (input.column('push' as never) as Float64Array)[0]!
      : (input as number);
    return df.withColumns((c) => ({ boat__x: c.boat.x.add(push) }));
  },
});
const harbour = (seed = 1) => {
  const world = new Worlds(new MemoryStore()).create('sea', { processors: [sail] }, { seed });
  world.spawn(Boat());
  return world;
};
const xs = async (world: ReturnType<typeof harbour>) => [
  ...(await world.query([Boat], { ticks: 'all' })).column('boat__x'),
];

test('what a policy returns is the input of the step: JSON or a frame, or nothing', async () => {
  const world = harbour();
  const inputs = [
    2,
    undefined,
    fromColumns({ entity_id: i32(), push: f64() }, { entity_id: [1], push: [5] }),
  ];
  const policy: Policy = (_world, { step }) => inputs[step];
  await runEpisode(world, { policy, maxSteps: 3 });
  expect(await xs(world)).toEqual([0, 2, 2, 7]);
});

test('what a policy stages is seen by the processors of the step', async () => {
  const world = harbour();
  const seen: number[] = [];
  await runEpisode(world, {
    maxSteps: 3,
    policy: async (boat, { tick, step }) => {
      seen.push(tick, step);
      const [x] = (await boat.query([Boat])).column('boat__x');
      boat.update(1, Boat, { x: x! + 10 });
      return 1;
    },
  });
  expect(await xs(world)).toEqual([0, 11, 22, 33]);
  expect(seen).toEqual([0, 0, 1, 1, 2, 2]);
});

test("a policy draws the same numbers from the same seed: the world's, unless told", async () => {
  const drift: Policy = (_world, { random }) => random.uniform(-1, 1);
  const drifted = async (seed: number, given?: number) => {
    const world = harbour(seed);
    await runEpisode(world, {
      policy: drift,
      maxSteps: 5,
      ...(given !== undefined && { seed: given }),
    });
    return xs(world);
  };
  expect(await drifted(1)).toEqual(await drifted(1));
  expect(await drifted(1)).not.toEqual(await drifted(2));
  expect(await drifted(1)).toEqual(await drifted(2, 1));
  expect(new Set(await drifted(1)).size).toBe(6);
});

test('an episode that goes on where another was cut off draws as if it had not been cut off', async () => {
  const policy: Policy = (_world, { random }) => random.normal();
  const [cut, whole] = [harbour(), harbour()];
  await runEpisode(whole, { policy, maxSteps: 6 });
  await runEpisode(cut, { policy, maxSteps: 2 });
  await runEpisode(cut, { policy, maxSteps: 4 });
  expect(await xs(cut)).toEqual(await xs(whole));
});

test('a policy that throws fails the episode with one error that says where', async () => {
  const cause = new Error('lost');
  const policies: readonly Policy[] = [
    (_world, { step }) => {
      if (step === 2) throw cause;
    },
    async (_world, { step }) => {
      if (step === 2) throw cause;
    },
  ];
  for (const policy of policies) {
    const world = harbour();
    await expect(runEpisode(world, { policy, maxSteps: 5 })).rejects.toMatchObject({
      code: 'callback_failed',
      message: 'The policy of world "sea", at tick 2, threw: lost',
      cause,
    });
    expect(world.tick).toBe(2);
  }
});

test('an input that is neither JSON nor a frame is refused by the step', async () => {
  const policy = (() => Number.NaN) as Policy;
  await expect(runEpisode(harbour(), { policy })).rejects.toMatchObject({
    code: 'invalid_argument',
  });
});

test('a policy is not asked once the condition is met', async () => {
  const { world } = startRace();
  let asked = 0;
  const { durationSteps } = await runEpisode(world, {
    terminal: { component: Runner, field: 'home' },
    policy: () => {
      asked++;
    },
  });
  expect(asked).toBe(durationSteps);
});
