import {
  type ArchetypeError,
  defineComponent,
  defineHook,
  defineProcessor,
  defineSimulation,
  f64,
  MemoryStore,
  Worlds,
  type HookEvent,
  type World,
} from '@archetype/core';
import { beforeEach, describe, expect, test, vi } from 'vitest';

const Life = defineComponent('Life', { points: f64(3) });
const Sick = defineComponent('Sick', { days: f64(0) });
const Mark = defineComponent('Mark', { n: f64(0) });
const age = defineProcessor({
  name: 'age',
  components: [Life],
  process: (df, ctx) => {
    const next = df.withColumns((c) => ({ life__points: c.life.points.sub(1) }));
    ctx.despawn(next.filter((c) => c.life.points.le(0)));
    return next;
  },
});
const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let worlds: Worlds;
let world: World;
let told: unknown[][];
const listen = (...events: HookEvent[]): void => {
  for (const event of events) {
    world.on(event, (given: any) => {
      told.push([
        event,
        given.tick,
        ...(given.entities === undefined
          ? []
          : [given.component ?? '', given.components.join('+'), [...given.entities]]),
      ]);
    });
  }
};
beforeEach(() => {
  vi.clearAllMocks();
  worlds = new Worlds(new MemoryStore(), { logger });
  world = worlds.create('w', { components: [Sick, Mark], processors: [age] }, { seed: 1 });
  told = [];
});

describe('events', () => {
  test('tell what happened to entities, once per table and tick, after the tick is there', async () => {
    listen('spawn', 'despawn', 'update', 'componentAdded', 'componentRemoved', 'postTick');
    world.spawnMany([[Life()], [Life()], [Life({ points: 9 })]]);
    world.spawn(Life({ points: 1 }), Sick());
    await world.run({ steps: 1 });
    world.addComponents(1, Sick(), Mark());
    world.update(2, Life, { points: 50 });
    world.update(3, Life, { points: 60 });
    await world.step();
    world.removeComponents(1, Sick);
    world.despawn(2);
    world.spawn(Life(), Mark());
    await world.step();
    expect(told).toEqual([
      ['spawn', 0, '', 'Life', [1, 2, 3]],
      ['spawn', 0, '', 'Life+Sick', [4]],
      ['postTick', 0],
      ['despawn', 1, '', 'Life+Sick', [4]],
      ['postTick', 1],
      ['componentAdded', 2, 'Mark', 'Life+Mark+Sick', [1]],
      ['componentAdded', 2, 'Sick', 'Life+Mark+Sick', [1]],
      ['update', 2, 'Life', 'Life', [2, 3]],
      ['postTick', 2],
      ['despawn', 3, '', 'Life', [2]],
      ['despawn', 3, '', 'Life+Mark+Sick', [1]],
      ['spawn', 3, '', 'Life+Mark', [5]],
      ['postTick', 3],
    ]);
  });

  test('postTick gives the frames of the tick, made when they are read', async () => {
    const seen: unknown[] = [];
    world.on('postTick', ({ frames, tick, world: at }) => {
      expect(at.tick).toBe(tick);
      for (const [, frame] of frames)
        seen.push([tick, frame.numRows, frame.columnNames.includes('life__points')]);
      expect(frames.get('nothing')).toBeUndefined();
    });
    world.spawn(Life());
    await world.run({ steps: 1 });
    expect(seen).toEqual([
      [0, 1, true],
      [1, 1, true],
    ]);
  });

  test('preTick stages for this tick, the others for the next; ticks of a run wait for them', async () => {
    world.on('preTick', ({ world: at, tick }) => {
      at.spawn(Mark({ n: tick }));
    });
    world.on('postTick', async ({ world: at, tick }) => {
      await Promise.resolve();
      if (tick === 1) at.spawn(Mark({ n: 100 }));
    });
    await world.run({ steps: 3 });
    const rows = await world.query([Mark], { ticks: 'all' });
    expect(rows.toRows().map((row) => [row.tick, row.mark__n])).toEqual([
      [1, 1],
      [2, 1],
      [2, 100],
      [2, 2],
      [3, 1],
      [3, 100],
      [3, 2],
      [3, 3],
    ]);
  });

  test('fork, tickError and destroy tell of themselves; forks have the hooks of their source', async () => {
    listen('postTick');
    world.on('fork', ({ fork, tick }) => {
      told.push(['fork', tick, fork.name]);
      fork.spawn(Mark({ n: 7 }));
    });
    world.on('tickError', ({ tick, error }) =>
      told.push(['tickError', tick, (error as ArchetypeError).code]),
    );
    world.on('destroy', ({ world: gone }) => told.push(['destroy', gone.name]));
    await world.run({ steps: 0 });
    const fork = await world.fork();
    await fork.step();
    expect((await fork.query([Mark])).numRows).toBe(1);
    world.processors.add(
      defineProcessor({
        name: 'bad',
        components: [],
        process: () => {
          throw new Error('no');
        },
      }),
    );
    world.spawn(Life());
    await expect(world.run({ steps: 1 })).resolves.toBeDefined();
    await expect(world.run({ steps: 1 })).rejects.toMatchObject({ code: 'processor_failed' });
    await world.destroy();
    expect(told).toEqual([
      ['postTick', 0],
      ['fork', 0, 'w-fork'],
      ['postTick', 1],
      ['postTick', 1],
      ['tickError', 2, 'processor_failed'],
      ['destroy', 'w'],
    ]);
  });

  test('hooks of a simulation are those of each of its worlds', async () => {
    const seen: string[] = [];
    const simulation = defineSimulation({
      hooks: [defineHook('postTick', ({ world: at, tick }) => seen.push(`${at.name} ${tick}`))],
    });
    await worlds.create('a', simulation, { seed: 1 }).step();
    await worlds.create('b', simulation, { seed: 1 }).run({ steps: 0 });
    expect(seen).toEqual(['a 0', 'a 1', 'b 0']);
  });
});

describe('handlers', () => {
  test('run in order of registration, until they are removed or their scope ends', async () => {
    const seen: string[] = [];
    const first = world.on('postTick', () => seen.push('first'));
    {
      using second = world.on('postTick', () => seen.push('second'));
      expect(second).toBeDefined();
      await world.run({ steps: 0 });
    }
    first.remove();
    await world.step();
    expect(seen).toEqual(['first', 'second']);
  });

  test('that throw are logged and told of by tickError, and neither fail the tick nor stop the others', async () => {
    const errors: unknown[] = [];
    world.on('postTick', () => Promise.reject(new Error('one')));
    world.on('postTick', () => {
      throw new Error('two');
    });
    world.on('tickError', ({ error, handler }) => {
      errors.push([handler, (error as Error).message]);
      throw new Error('three');
    });
    await world.run({ steps: 0 });
    expect(errors).toEqual([
      ['postTick', 'one'],
      ['postTick', 'two'],
    ]);
    expect(logger.error.mock.calls.map(([text]) => text)).toEqual([
      'A handler of "postTick" of world "w" failed.',
      'A handler of "tickError" of world "w" failed.',
      'A handler of "postTick" of world "w" failed.',
      'A handler of "tickError" of world "w" failed.',
    ]);
    expect(world.tick).toBe(0);
  });

  test('that are detached hold nobody up, may not stage, and are awaited by close', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: unknown[] = [];
    world.on(
      'postTick',
      async ({ world: at, tick }) => {
        if (tick === 0) await promise;
        try {
          (at as World).spawn(Life());
        } catch (error) {
          seen.push((error as ArchetypeError).code);
        }
      },
      { mode: 'detached' },
    );
    await world.run({ steps: 2 });
    expect(seen).toEqual(['read_only', 'read_only']);
    const closing = world.close();
    resolve();
    await closing;
    expect(seen).toHaveLength(3);
  });

  test('that step their own world are refused, and one that never ends gives way to the signal', async () => {
    const codes: unknown[] = [];
    world.on('postTick', async ({ world: at }) => {
      await (at as World).step().catch((error: ArchetypeError) => codes.push(error.code));
    });
    await world.run({ steps: 0 });
    expect(codes).toEqual(['reentrant_step']);
    world.on('preTick', () => new Promise(() => {}));
    const step = world.step({ signal: AbortSignal.timeout(20) });
    await expect(step).rejects.toMatchObject({ code: 'aborted' });
    expect(world.tick).toBe(0);
  });

  test('that nobody registered cost nothing: no state is compared', async () => {
    world.spawn(Life({ points: 1000 }));
    await world.run({ steps: 40 });
    expect(world.tick).toBe(40);
    expect(() => world.on('posttick' as never, () => undefined)).toThrow(
      /There is no event "posttick".*postTick/,
    );
    expect(() => world.on('postTick', 1 as never)).toThrow(/must be a function/);
    expect(() => world.on('postTick', () => undefined, { mode: 'later' as never })).toThrow(
      /use "blocking" or "detached"/,
    );
    expect(() => defineSimulation({ hooks: [{} as never] })).toThrow(/not a hook/);
  });
});
