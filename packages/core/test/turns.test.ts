import {
  defineComponent,
  defineProcessor,
  f64,
  MemoryStore,
  Worlds,
  type DataFrame,
  type World,
  type WorldsOptions,
} from '@archetype/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';

const Body = defineComponent('Body', { x: f64(0) });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A world of one entity whose only processor calls `act`. */
function start(
  act: (world: World, df: DataFrame) => unknown,
  options: WorldsOptions = {},
  worlds = new Worlds(new MemoryStore(), options),
  name = 'test',
): World {
  const processor = defineProcessor({
    name: 'act',
    components: [Body],
    process: ((df: DataFrame) => {
      const acted = act(world, df);
      return acted instanceof Promise ? acted.then(() => df) : df;
    }) as never,
  });
  const world = worlds.create(name, { processors: [processor] }, { seed: 1 });
  world.spawn(Body());
  return world;
}

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );
const asked = (world: World): readonly [string, () => Promise<unknown>][] => [
  ['step', () => world.step()],
  ['run', () => world.run({ steps: 2 })],
  ['fork', () => world.fork()],
  ['destroy', () => world.destroy()],
  ['close', () => world.close()],
];

describe('a processor that waits for its own world', () => {
  test('is refused when it asks before its first await, also in a tick that waited for others', async () => {
    let answers: Promise<string[]> | undefined;
    const waits = defineProcessor({
      name: 'waits',
      priority: 1,
      components: [],
      process: async (df) => {
        await turn();
        return df;
      },
    });
    const world = start((own) => {
      answers ??= Promise.all(asked(own).map(([, ask]) => outcome(ask())));
    });
    world.processors.add(waits);
    await world.run({ steps: 2 });
    expect(await answers).toEqual(asked(world).map(() => 'reentrant_step'));
    expect(world.tick).toBe(2);
  });

  test('is always refused where there is an AsyncContext, however far down it asks', async () => {
    const answers: string[] = [];
    const deep = async (run: () => Promise<unknown>): Promise<void> => {
      await turn();
      await Promise.all([turn(), (async () => answers.push(await outcome(run())))()]);
    };
    const world = start(
      async (own) => {
        await turn();
        for (const [, ask] of asked(own)) await deep(ask);
      },
      { context: new AsyncLocalStorage() },
    );
    await world.step();
    expect(answers).toEqual(asked(world).map(() => 'reentrant_step'));
    await expect(
      start((own) => own.step(), { context: new AsyncLocalStorage() }).step(),
    ).rejects.toMatchObject({
      code: 'processor_failed',
      cause: {
        code: 'reentrant_step',
        message:
          'World "test" is in the middle of a tick, and one of its processors asked to step it; a processor acts through ctx, so return first, and step the world between ticks.',
      },
    });
  });

  test('is refused through another world, too', async () => {
    const worlds = new Worlds(new MemoryStore(), { context: new AsyncLocalStorage() });
    const answers: string[] = [];
    let first: World | undefined;
    const second = start(
      async () => {
        await turn();
        answers.push(await outcome(first!.step()));
      },
      {},
      worlds,
      'second',
    );
    first = start(
      async () => {
        await turn();
        await second.step();
      },
      {},
      worlds,
      'first',
    );
    await first.step();
    expect(answers).toEqual(['reentrant_step']);
    expect([first.tick, second.tick]).toEqual([1, 1]);
  });

  test('does not make others wait: who calls from outside takes a turn, and so does what outlives the tick', async () => {
    let later: Promise<string> | undefined;
    let release = (): void => undefined;
    const world = start(
      async (own) => {
        if (own.tick > 0) return;
        later = (async () => {
          while (own.tick === 0) await turn();
          return outcome(own.step());
        })();
        await new Promise<void>((resolve) => (release = resolve));
      },
      { context: new AsyncLocalStorage() },
    );
    const [first, second] = [world.step(), world.step()];
    await turn();
    release();
    await Promise.all([first, second]);
    expect(await later).toBe('done');
    expect(world.tick).toBe(3);
  });

  test('without an AsyncContext is freed by the signal of either step', async () => {
    const own = new AbortController();
    const inner = start(async (world) => {
      await turn();
      setImmediate(() => own.abort());
      expect(await outcome(world.step({ signal: own.signal }))).toBe('aborted');
    });
    await inner.step();
    expect(inner.tick).toBe(1);

    const callers = new AbortController();
    let stuck = true;
    const outer = start(async (world) => {
      if (!stuck) return;
      stuck = false;
      await turn();
      setImmediate(() => callers.abort());
      await world.step();
    });
    expect(await outcome(outer.step({ signal: callers.signal }))).toBe('aborted');
    await outer.step();
    expect(outer.tick).toBeGreaterThan(0);
  });
});

describe('cancellation', () => {
  test('reaches ticks that never wait, between two of them', async () => {
    const world = start(() => undefined);
    const controller = new AbortController();
    const run = world.run({ steps: 1e9, signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(run).rejects.toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
    const { tick } = world;
    expect(tick).toBeGreaterThan(0);
    expect((await world.query([Body])).toRows()).toHaveLength(1);
    await world.step();
    expect(world.tick).toBe(tick + 1);
  });

  test('reaches a step that waits for its turn, which then never begins', async () => {
    let release = (): void => undefined;
    const world = start(() => new Promise<void>((resolve) => (release = resolve)));
    const first = world.step();
    const controller = new AbortController();
    const second = world.step({ signal: controller.signal });
    await turn();
    controller.abort();
    expect(await outcome(second)).toBe('aborted');
    expect(await outcome(world.step({ signal: AbortSignal.abort() }))).toBe('aborted');
    release();
    await first;
    expect(world.tick).toBe(1);
  });

  test('of one step leaves the ones before and after it alone', async () => {
    const world = start(turn);
    const controller = new AbortController();
    const steps = [world.step(), world.step({ signal: controller.signal }), world.step()];
    controller.abort();
    expect(await Promise.all(steps.map(outcome))).toEqual(['done', 'aborted', 'done']);
    expect(world.tick).toBe(2);
  });
});

describe('turns', () => {
  test('forks and queries enter between the ticks of a run', async () => {
    const world = start(turn);
    const run = world.run({ steps: 6 });
    while (world.tick < 2) await turn();
    const [fork, rows] = await Promise.all([world.fork(), world.query([Body])]);
    expect(world.tick).toBeLessThan(6);
    expect(fork.tick).toBeGreaterThanOrEqual(2);
    expect(fork.tick).toBeLessThan(6);
    expect(rows.numRows).toBe(1);
    await run;
    expect(world.tick).toBe(6);
  });

  test('different worlds are in a tick at the same time', async () => {
    const worlds = new Worlds(new MemoryStore());
    let release = (): void => undefined;
    const slow = start(
      () => new Promise<void>((resolve) => (release = resolve)),
      {},
      worlds,
      'slow',
    );
    const quick = start(() => undefined, {}, worlds, 'quick');
    const step = slow.step();
    await quick.run({ steps: 5 });
    expect([slow.tick, quick.tick]).toEqual([0, 5]);
    release();
    await step;
    expect(slow.tick).toBe(1);
  });
});

describe('staged and discard', () => {
  test('staged lists what waits, in order, as frozen data; discard drops it and keeps the ids used', async () => {
    const world = start(() => undefined);
    const id = world.spawn(Body({ x: 1 }));
    world.update(id, Body, { x: 2 });
    world.despawn(1);
    const staged = world.staged();
    expect(staged).toMatchObject([
      { kind: 'spawn', entity: 1 },
      { kind: 'spawn', entity: 2, values: [{ type: 'Body', x: 1 }] },
      { kind: 'update', entity: 2, component: Body, fields: { x: 2 } },
      { kind: 'despawn', entity: 1 },
    ]);
    expect(staged.every((mutation) => Object.isFrozen(mutation))).toBe(true);
    world.discard();
    expect([world.staged(), staged.length]).toEqual([[], 4]);
    expect(() => world.despawn(1)).toThrow(/is not alive/);
    expect(world.spawn(Body())).toBe(3);
  });

  test('ids that were given stay used when a tick fails after they were discarded, in forks too', async () => {
    let fails = true;
    const world = start(() => {
      if (fails) throw new Error('no.');
    });
    await world.run({ steps: 0 });
    world.spawn(Body());
    world.discard();
    const fork = await world.fork();
    for (const each of [world, fork]) {
      expect(await outcome(each.step())).toBe('processor_failed');
      expect(each.spawn(Body())).toBe(3);
    }
    fails = false;
    await world.step();
    expect(world.info().entities).toBe(2);
  });
});

test('a tick that is stored stands, though one behind it failed before anybody was told', async () => {
  const refused = Promise.withResolvers<void>();
  class Slow extends MemoryStore {
    override async append(commits: Parameters<MemoryStore['append']>[0]): Promise<void> {
      const { tick } = commits[0]!;
      if (tick === 3) {
        refused.resolve();
        throw new Error('disk');
      }
      await super.append(commits);
      // Longer than all that the failure of the next tick sets going.
      if (tick === 2) await refused.promise.then(() => new Promise((done) => setImmediate(done)));
    }
  }
  const world = new Worlds(new Slow()).create('w', {});
  world.spawn();
  await world.run({ steps: 1 });
  await expect(world.run({ steps: 10 })).rejects.toThrow('disk');
  expect(world.tick).toBe(2);
});
