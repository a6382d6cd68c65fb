import {
  bool,
  defineComponent,
  defineProcessor,
  defineResource,
  i32,
  MemoryStore,
  Worlds,
} from '@archetype/core';
import { runEpisode, runRollout, type Terminal } from '@archetype/app';
import { describe, expect, test } from 'vitest';

/** Counters that count, with the defects that rollouts of other systems are known for. */
const Counter = defineComponent('Counter', { n: i32(0), done: bool(false) });
const Done = defineComponent('Done');
const Goal = defineResource('goal', { schema: i32(5) });
const Log = defineResource<number[]>('log', { fork: () => [] });
const count = defineProcessor({
  name: 'count',
  components: [Counter],
  process: (df, ctx) => {
    const next = df
      .withColumns((c) => ({ counter__n: c.counter.n.add(1) }))
      .withColumns((c) => ({ counter__done: c.counter.n.ge(ctx.resources.get(Goal)) }));
    ctx.resources.get(Log).push(...next.column('counter__n'));
    const done = next.filter((c) => c.counter.done);
    if (done.numRows > 0) ctx.addComponents(done, Done());
    return next;
  },
});
async function started() {
  const worlds = new Worlds(new MemoryStore());
  const world = worlds.create(
    'count',
    { components: [Done], processors: [count], resources: [Goal, Log([])] },
    { seed: 1 },
  );
  world.spawn(Counter());
  await world.run({ steps: 2 });
  return { worlds, world };
}

describe('known defects of rollouts', () => {
  test('empty forks: an episode on a fork of a stepped world simulates what the base holds', async () => {
    const { world } = await started();
    const { episodes } = await runRollout(world, {
      numEpisodes: 2,
      episode: { terminal: { component: Done } },
      collect: async (fork) => (await fork.query([Counter], { ticks: 'all' })).column('counter__n'),
    });
    for (const episode of episodes) {
      expect(episode).toMatchObject({ status: 'completed', terminated: true, durationSteps: 3 });
      expect(episode.status === 'completed' && [...episode.value]).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  test('one shared episode id: every episode has its own, and its own world and run', async () => {
    const { world } = await started();
    const { episodes } = await runRollout(world, { numEpisodes: 8, episode: { maxSteps: 1 } });
    for (const key of ['episodeId', 'worldId', 'runId', 'seed'] as const)
      expect(new Set(episodes.map((e) => e.status === 'completed' && e[key])).size).toBe(8);
  });

  test('terminal component by name: a name is refused, instead of never being met', async () => {
    const { world } = await started();
    const byName = { terminal: { component: 'Done' } } as never;
    await expect(runEpisode(world, byName)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(runRollout(world, { numEpisodes: 1, episode: byName })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(await runEpisode(world, { terminal: { component: Done } })).toMatchObject({
      terminated: true,
      finalTick: 5,
    });
  });

  test('condition reached on the last step: terminated, not cut off', async () => {
    const terminals: readonly Terminal[] = [
      { component: Done },
      { component: Counter, field: 'done', mode: 'all' } as const,
      () => false,
    ];
    for (const terminal of terminals) {
      const { world } = await started();
      const met = typeof terminal !== 'function';
      expect(await runEpisode(world, { terminal, maxSteps: 3 })).toMatchObject({
        terminated: met,
        truncated: !met,
        durationSteps: 3,
      });
    }
  });

  test('fork names colliding: the same rollout runs again, whether its worlds are kept or not', async () => {
    const { world } = await started();
    for (const destroyForksOnComplete of [false, false, true, false]) {
      const { completed } = await runRollout(world, {
        numEpisodes: 3,
        parallel: 3,
        episode: { maxSteps: 1 },
        destroyForksOnComplete,
      });
      expect(completed).toBe(3);
    }
  });

  test('resources leaking between parallel episodes: each has its own, data and live', async () => {
    const { world } = await started();
    const before = [...world.resources.get(Log)];
    const { episodes } = await runRollout(world, {
      numEpisodes: 4,
      parallel: 4,
      episode: { maxSteps: 4, policy: () => Promise.resolve() },
      params: ({ index }) => [Goal(index + 3)],
      collect: async (fork) => ({
        goal: fork.resources.get(Goal),
        log: fork.resources.get(Log),
        done: (await fork.query([Counter], { ticks: 'all', where: (c) => c.counter.done })).numRows,
      }),
    });
    expect(episodes.map((e) => e.status === 'completed' && e.value)).toEqual([
      { goal: 3, log: [3, 4, 5, 6], done: 4 },
      { goal: 4, log: [3, 4, 5, 6], done: 3 },
      { goal: 5, log: [3, 4, 5, 6], done: 2 },
      { goal: 6, log: [3, 4, 5, 6], done: 1 },
    ]);
    expect(world.resources.get(Log)).toEqual(before);
    expect(world.resources.get(Goal)).toBe(5);
  });

  test('never-cleaned forks: whatever happens, no fork outlives a rollout that was to destroy them', async () => {
    const { worlds, world } = await started();
    const forks = async () =>
      (await worlds.list()).filter(({ destroyed }) => !destroyed).length - 1;
    const rollout = (extra: object) =>
      runRollout(world, {
        numEpisodes: 4,
        parallel: 2,
        episode: { maxSteps: 3 },
        destroyForksOnComplete: true,
        ...extra,
      });
    const ill = () => {
      throw new Error('ill');
    };
    const controller = new AbortController();
    await rollout({});
    await rollout({ episode: { policy: ill } });
    await rollout({ episode: { policy: ill }, onError: 'stop' });
    await rollout({ collect: ill });
    await rollout({ signal: controller.signal, episode: { policy: () => controller.abort() } });
    await expect(rollout({ onProgress: ill })).rejects.toThrow('ill');
    expect(await forks()).toBe(0);
    expect((await worlds.list()).length).toBeGreaterThan(10);
    // Nothing is live any more but the base: every name is free.
    await Promise.all([0, 1, 2, 3].map((k) => world.fork({ name: `count:ep:${k}` })));
  });

  test('no cap on what runs at once, no way to cancel, no partial results', async () => {
    const { world } = await started();
    const controller = new AbortController();
    let running = 0;
    let most = 0;
    const result = await runRollout(world, {
      numEpisodes: 10,
      parallel: 2,
      signal: controller.signal,
      episode: {
        maxSteps: 2,
        policy: async (fork) => {
          most = Math.max(most, ++running);
          // Long enough for others to begin, if they may.
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          if (fork.name.endsWith(':6')) controller.abort();
        },
      },
    });
    expect(most).toBe(2);
    expect(result.completed).toBeGreaterThanOrEqual(5);
    expect(result.completed + result.cancelled).toBe(10);
  });
});
