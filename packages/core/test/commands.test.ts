import {
  defineComponent,
  defineProcessor,
  defineResource,
  f64,
  i64,
  MemoryStore,
  patchFromJson,
  timestamp,
  valueFromJson,
  valueToJson,
  vector,
  World as BaseWorld,
  Worlds,
  type Due,
  type DueCommand,
  type SettledCommand,
  type Stage,
  type World,
} from '@archetype/core';
import { beforeEach, describe, expect, test } from 'vitest';

const Life = defineComponent('Life', { points: f64(3) });
const Sick = defineComponent('Sick');
const Gravity = defineResource('gravity', { schema: f64(9.8) });

let store: MemoryStore;
let worlds: Worlds;
let world: World;
let waiting: (DueCommand & { readonly tick: number })[];
let fails: boolean;

const dues: Due = {
  take: (id, tick) => {
    if (id !== world.id) return [];
    const due = waiting.filter((command) => command.tick <= tick);
    waiting = waiting.filter((command) => command.tick > tick);
    return due;
  },
  giveBack: (_id, commands) => void waiting.unshift(...(commands as typeof waiting)),
};

/** How the commands of a world ended, tick by tick. */
const settled: SettledCommand[][] = [];

class Told extends MemoryStore {
  override async append(commits: Parameters<MemoryStore['append']>[0]): Promise<void> {
    await super.append(commits);
    for (const commit of commits) settled.push([...commit.settled]);
  }
}

beforeEach(() => {
  settled.length = 0;
  waiting = [];
  fails = false;
  store = new Told();
  worlds = new Worlds(store, { due: dues });
  const fail = defineProcessor({
    name: 'fail',
    components: [Life],
    process: (df) => {
      if (fails) throw new Error('told to');
      return df;
    },
  });
  world = worlds.create('w', { components: [Sick], processors: [fail], resources: [Gravity] });
});

const points = async (): Promise<readonly [number, number][]> =>
  (await world.query([Life])).toRows().map((row) => [row.entity_id, row.life__points]);
const birth =
  (entity: number, given: number) =>
  (stage: Stage): void =>
    stage.spawn(entity, [Life({ points: given })]);

describe('commands that were accepted', () => {
  test('are applied by the tick that takes their work, which says so', async () => {
    const first = world.commands.reserve(2);
    world.commands.enact('late', birth(first + 1, 2));
    world.commands.enact('early', birth(first, 1));
    expect(world.info().staged).toBe(2);
    expect((await world.run({ steps: 1 })).commandsApplied).toBe(2);
    expect(settled).toEqual([
      [
        { command: 'late', status: 'applied' },
        { command: 'early', status: 'applied' },
      ],
      [],
    ]);
    expect(await points()).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test('happen whole or not at all', async () => {
    const id = world.commands.reserve(1);
    expect(() =>
      world.commands.enact('half', (stage) => {
        stage.spawn(id, [Life()]);
        stage.despawn(99);
      }),
    ).toThrow(/Entity 99 is not alive/);
    expect(world.staged()).toEqual([]);
    await world.step();
    expect(settled.flat()).toEqual([]);
  });

  test('can be held against the world without changing it', () => {
    world.commands.check(birth(world.commands.reserve(1), 1));
    expect(world.staged()).toEqual([]);
    expect(() => world.commands.check((stage) => stage.despawn(1))).toThrow(
      expect.objectContaining({ code: 'entity_not_found' }),
    );
  });

  test('wait for their tick, and apply after direct calls and before preTick handlers stage', async () => {
    await world.run({ steps: 0 });
    const kinds: string[] = [];
    world.on('preTick', ({ world: now }) => {
      kinds.push(
        now
          .staged()
          .map(({ kind }) => kind)
          .join(),
      );
      now.spawn(Life({ points: 7 }));
    });
    waiting.push({ command: 'later', tick: 2, work: birth(world.commands.reserve(1), 5) });
    world.send({ to: world.spawn(Life()), content: 'direct' });
    await world.run({ steps: 2 });
    expect(kinds).toEqual(['spawn,send', 'spawn']);
    expect(settled).toEqual([[], [], [{ command: 'later', status: 'applied' }]]);
  });

  test('that cannot be done are rejected alone, with the reason', async () => {
    waiting.push(
      { command: 'bad', tick: 0, work: (stage) => stage.update(9, Life, { points: 1 }) },
      { command: 'good', tick: 0, work: birth(world.commands.reserve(1), 4) },
    );
    expect((await world.step()).commandsApplied).toBe(1);
    expect(settled[0]).toEqual([
      expect.objectContaining({ command: 'bad', status: 'rejected', code: 'entity_not_found' }),
      { command: 'good', status: 'applied' },
    ]);
  });

  test('stay when their tick fails: direct ones staged, deferred ones due again, behind what is direct', async () => {
    const id = world.spawn(Life());
    await world.run({ steps: 0 });
    const set = (given: number) => (stage: Stage) => stage.update(id, Life, { points: given });
    waiting.push(
      { command: 'due', tick: 0, work: set(1) },
      { command: 'bad', tick: 0, work: (stage) => stage.despawn(99) },
    );
    fails = true;
    await expect(world.step()).rejects.toMatchObject({ code: 'processor_failed' });
    expect(settled).toHaveLength(1);
    expect(world.staged()).toEqual([]);
    expect(waiting.map(({ command }) => command)).toEqual(['due', 'bad']);
    fails = false;
    world.commands.enact('direct', set(2));
    await world.step();
    expect(settled[1]!.map(({ command, status }) => [command, status])).toEqual([
      ['direct', 'applied'],
      ['due', 'applied'],
      ['bad', 'rejected'],
    ]);
    expect(await points()).toEqual([[id, 1]]);
  });

  test('are not applied before their tick by commits that fail behind each other', async () => {
    class Failing extends Told {
      failing = false;
      override async append(commits: Parameters<MemoryStore['append']>[0]): Promise<void> {
        if (this.failing && commits[0]!.tick === 3) throw new Error('disk');
        await super.append(commits);
      }
    }
    const failing = new Failing();
    store = failing;
    worlds = new Worlds(store, { due: dues });
    world = worlds.create('w', {});
    await world.run({ steps: 1 });
    failing.failing = true;
    waiting.push({ command: 'ten', tick: 10, work: birth(world.commands.reserve(1), 1) });
    await expect(world.run({ steps: 20 })).rejects.toThrow('disk');
    expect(world.tick).toBe(2);
    failing.failing = false;
    await world.run({ steps: 7 });
    expect(settled.flat()).toEqual([]);
    await world.step();
    expect(settled.flat()).toEqual([{ command: 'ten', status: 'applied' }]);
    expect(world.tick).toBe(10);
  });

  test('whose work is discarded are told so by the next tick', async () => {
    world.commands.enact('dropped', birth(world.commands.reserve(1), 4));
    world.discard();
    await world.step();
    expect(settled[0]).toMatchObject([
      { command: 'dropped', status: 'rejected', code: 'discarded' },
    ]);
  });

  test('stay behind when the world is forked: the fork has their work, and settles nothing', async () => {
    world.commands.enact('here', birth(world.commands.reserve(1), 4));
    const fork = await world.fork();
    await fork.step();
    expect(settled.flat()).toEqual([]);
    expect(fork.info().entities).toBe(1);
    await world.step();
    expect(settled.flat()).toEqual([{ command: 'here', status: 'applied' }]);
  });

  test('set resources that the tick sees', async () => {
    world.commands.enact('gravity', (stage) => stage.setResource(Gravity(1.6)));
    await world.step();
    expect(world.resources.get(Gravity)).toBe(1.6);
  });
});

test('a birth under an id that somebody has is refused, and rejected alone', async () => {
  world.spawn(Life());
  await world.run({ steps: 0 });
  expect(() => world.commands.enact('twice', birth(1, 2))).toThrow(/Entity 1 is there already/);
  waiting.push({ command: 'due', tick: 0, work: birth(1, 3) });
  await world.step();
  expect(settled[1]).toMatchObject([{ command: 'due', status: 'rejected' }]);
  expect(await points()).toEqual([[1, 3]]);
});

describe('entity ids that were given', () => {
  test('are not given again, used or not, also after the world is resumed', async () => {
    world.commands.reserve(3);
    world.spawn(Life());
    world.discard();
    await world.step();
    await world.close();
    const again = await worlds.resume(world.id, {});
    expect(again.spawn(Life())).toBe(5);
    again.commands.hold(10);
    expect(again.spawn(Life())).toBe(10);
  });
});

test('a world that was written down and not started begins again as its simulation says', async () => {
  const simulation = {
    components: [Life],
    setup: (start: { spawn: World['spawn'] }) => void start.spawn(Life()),
  };
  const lost = worlds.create('lost', simulation);
  await lost.messages();
  await lost.close();
  const again = await worlds.resume('lost', simulation);
  await again.step();
  expect(again.info().entities).toBe(1);
  await again.close();
  const later = await worlds.resume('lost', simulation);
  expect(later.info().staged).toBe(0);
});

test('two who resume one world at once do not take it from each other', async () => {
  await world.step();
  await world.close();
  const both = await Promise.allSettled([worlds.resume('w', {}), worlds.resume('w', {})]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const won = both.find((one) => one.status === 'fulfilled') as PromiseFulfilledResult<World>;
  await won.value.step();
  expect(won.value.tick).toBe(2);
});

test('a set-up that throws leaves no world behind, and its name free', () => {
  const setup = (): never => {
    throw new Error('half way');
  };
  expect(() => worlds.create('broken', { setup })).toThrow('half way');
  expect(worlds.running().map(({ name }) => name)).toEqual(['w']);
  worlds.create('broken');
});

test('names are looked up among what a world knows', () => {
  expect(world.definitions.component('Life')).toBe(Life);
  expect(world.definitions.resource('gravity')).toBe(Gravity);
  expect(world.definitions.components()).toEqual([Sick, Life]);
  expect(() => world.definitions.component('Lif')).toThrow(/did you mean "Life"/);
  expect(() => world.definitions.resource('gravty')).toThrow(/did you mean "gravity"/);
});

test('worlds and their forks can be of a class of the caller', async () => {
  class Named extends BaseWorld {
    get shout(): string {
      return this.name.toUpperCase();
    }
  }
  const own = new Worlds(new MemoryStore(), { make: (...given) => new Named(...given) });
  const named = own.create('loud');
  expect(named.shout).toBe('LOUD');
  expect((await named.fork({ name: 'branch' })).shout).toBe('BRANCH');
});

test('nobody finds a world that is resumed before what waits for it is told, or when that fails', async () => {
  await world.step();
  await world.close();
  const found: unknown[] = [];
  let failing = true;
  const own: Worlds = new Worlds(store, {
    resumed: async (resumed) => {
      found.push(own.live(resumed.id));
      if (failing) throw new Error('not now');
      resumed.commands.hold(50);
    },
  });
  await expect(own.resume('w', {})).rejects.toThrow('not now');
  expect(own.running()).toEqual([]);
  failing = false;
  const again = await own.resume('w', {});
  expect(found).toEqual([undefined, undefined]);
  expect(own.live(again.id)).toBe(again);
  expect(again.spawn(Life())).toBe(50);
});

test('closing worlds closes their forks too', async () => {
  const fork = await world.fork();
  expect(worlds.live(fork.id)).toBe(fork);
  await worlds.close();
  expect(worlds.live(fork.id)).toBeUndefined();
  expect(() => fork.spawn(Life())).toThrow(expect.objectContaining({ code: 'world_closed' }));
});

describe('values in their serialised form', () => {
  const Wide = defineComponent('Wide', { n: i64(0n), at: timestamp(), v: vector(2) });
  const json = { n: '9007199254740993', at: '2026-01-02T03:04:05.000Z', v: [1, 2] };

  test('are read and written without loss', () => {
    const value = valueFromJson(Wide, json);
    expect(value).toMatchObject({ n: 9007199254740993n, at: new Date(json.at) });
    expect(valueToJson(value)).toEqual({ type: 'Wide', ...json });
    expect(patchFromJson(Wide, { n: '-1' })).toEqual({ n: -1n });
  });

  test.each([
    [{ ...json, n: 'x' }, /Wide value was refused: n:/],
    [{ ...json, n: 1.5 }, /Wide value was refused: n:/],
    [{ ...json, at: 'noon' }, /Wide value was refused: at:/],
    [{ ...json, v: [1] }, /Wide value was refused: v/],
    [{ ...json, v: ['a', 'b'] }, /Wide value was refused: v/],
    [{ ...json, extra: 1 }, /extra/],
    [null as never, /Wide was given null/],
  ])('are refused when they are not: %j', (given, message) => {
    expect(() => valueFromJson(Wide, given as never)).toThrow(message);
  });
});
