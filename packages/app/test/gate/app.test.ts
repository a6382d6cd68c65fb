import { createApp, loadSimulations } from '@archetype/app';
import { ArchetypeError, MemoryStore } from '@archetype/core';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  admin,
  appOver,
  arena,
  Health,
  movement,
  operator,
  player,
  Position,
  quiet,
  Tally,
  viewer,
  Wind,
  wither,
} from './arena.ts';

describe('worlds through the gate', () => {
  test('are made of a simulation by its name, listed, gone on with and ended', async () => {
    const store = new MemoryStore();
    const app = appOver(store);
    const { result } = await app.as(admin).execute({
      type: 'create_world',
      payload: { name: 'first', simulation: 'arena', seed: 7, resources: { wind: 3 } },
    });
    const { world: id, seed } = result;
    expect(seed).toBe(7);
    const as = app.as(operator).world(id);
    const scout = await app.as(player).world(id).spawn(Position());
    await as.run({ steps: 2 });
    expect(await as.info()).toMatchObject({ name: 'first', tick: 2, live: true, entities: 1 });
    expect(await as.resources()).toEqual([{ name: 'wind', kind: 'data', value: 3 }]);
    expect(await as.signatures()).toMatchObject([{ components: ['Position'], entities: 1 }]);
    expect((await as.components()).map(({ type }) => type)).toEqual([
      'Health',
      'Position',
      'Tally',
      'Velocity',
    ]);
    expect((await as.processors()).map(({ name }) => name)).toEqual(['movement']);
    await app.close();

    const later = appOver(store);
    const there = later.as(viewer).world(id);
    expect(await there.info()).toMatchObject({ tick: 2, live: false, entities: 1 });
    expect(await there.signatures()).toMatchObject([{ components: ['Position'], entities: 1 }]);
    expect((await there.query([Position])).column('entity_id')).toEqual(Int32Array.of(scout));
    await expect(there.processors()).rejects.toMatchObject({ code: 'world_closed' });
    await later.as(operator).execute({ type: 'resume_world', world: id });
    await later.as(operator).world(id).step();
    const { result: listed } = await later.as(viewer).execute({ type: 'list_worlds' });
    expect(listed).toMatchObject([{ id, name: 'first', tick: 3, live: true, destroyed: false }]);
    await later.as(operator).world(id).destroy();
    await expect(later.as(player).world(id).spawn(Position())).rejects.toMatchObject({
      code: 'world_destroyed',
    });
    expect(await later.as(viewer).world(id).info()).toMatchObject({ destroyed: true, live: false });
  });

  test('that are only stored can be ended', async () => {
    const app = appOver();
    const world = app.world('w', arena);
    await world.step();
    await world.close();
    await app.as(operator).world(world.id).destroy();
    expect((await app.list())[0]!.destroyed).toBe(true);
    await app.as(operator).world(world.id).destroy();
  });

  test('of what the host does not know are refused, with what it knows', async () => {
    const app = appOver();
    const create = (payload: object): Promise<unknown> =>
      app.as(admin).execute({ type: 'create_world', payload } as never);
    await expect(create({ name: 'x', simulation: 'arean' })).rejects.toMatchObject({
      code: 'simulation_not_found',
      message: expect.stringContaining('did you mean "arena"'),
    });
    await expect(create({ name: 'x', resources: { gale: 1 } })).rejects.toMatchObject({
      code: 'resource_missing',
    });
    await expect(create({ name: 'x', resources: { wind: 'strong' } })).rejects.toMatchObject({
      code: 'invalid_value',
    });
    await create({ name: 'x' });
    await expect(create({ name: 'x' })).rejects.toMatchObject({ code: 'world_exists' });
    const none = appOver(new MemoryStore(), { simulations: [] });
    await expect(
      none.as(admin).execute({ type: 'create_world', payload: { name: 'x' } }),
    ).rejects.toMatchObject({ message: 'No simulation was named. The host knows: none.' });
  });
});

describe('behaviour through the gate', () => {
  test('is added by name or as it is, listed and removed', async () => {
    const app = appOver();
    const world = app.world('w', arena);
    world.spawn(Health());
    await world.run({ steps: 0 });
    const as = world.as(operator);
    await as.addProcessor('wither');
    await as.step();
    expect((await world.query([Health])).column('health__points')).toEqual(Float64Array.of(99));
    await expect(as.addProcessor(wither)).rejects.toMatchObject({ code: 'processor_conflict' });
    await as.removeProcessor(wither);
    await expect(as.removeProcessor('wither')).rejects.toMatchObject({
      code: 'processor_not_found',
    });
    await as.addProcessor(wither);
    await expect(as.addProcessor('withr')).rejects.toThrow(/did you mean "wither"/);
    expect((await as.processors()).map(({ name }) => name)).toEqual(['movement', 'wither']);
    const hook = await as.addHook('noop');
    expect(await as.hooks()).toEqual([{ event: 'postTick', mode: 'blocking', hook }]);
    await as.removeHook(hook);
    expect(await as.hooks()).toEqual([]);
    await expect(as.removeHook(hook)).rejects.toMatchObject({ code: 'hook_not_found' });
    await expect(as.addHook('nope')).rejects.toMatchObject({ code: 'hook_not_found' });
    await as.setResource(Wind(4));
    await app.as(operator).execute({
      type: 'set_resource',
      world: world.id,
      payload: { name: 'wind', value: 5 },
    });
    await as.step();
    expect(world.resources.get(Wind)).toBe(5);
  });

  test('runs episodes and rollouts by the names of components and resources', async () => {
    const store = new MemoryStore();
    const app = appOver(store);
    const world = app.world(
      'w',
      { components: [Health, Tally], processors: [movement, wither], resources: [Wind] },
      { seed: 3 },
    );
    world.spawn(Health({ points: 3 }), Position());
    await world.run({ steps: 0 });
    const as = world.as(operator);
    const progress: number[] = [];
    const episode = await as.runEpisode({
      maxSteps: 9,
      terminal: async (now) => {
        const [points = 0] = (await now.query([Health])).column('health__points');
        return points <= 0;
      },
      onProgress: ({ step }) => progress.push(step),
    });
    expect(episode).toMatchObject({ terminated: true, durationSteps: 3 });
    expect(progress).toEqual([1, 2, 3]);
    const byNames = await app.as(operator).execute({
      type: 'run_rollout',
      world: world.id,
      payload: {
        numEpisodes: 2,
        parallel: 2,
        episode: { maxSteps: 2, terminal: { component: 'Tally', mode: 'any' } },
        params: [{ wind: 1 }, { wind: 2 }],
      },
      idempotencyKey: 'rollout',
    });
    const { episodes } = byNames.result;
    expect(episodes.map(({ name, status }) => [name, status])).toEqual([
      ['w:ep:0', 'completed'],
      ['w:ep:1', 'completed'],
    ]);
    const typed = await as.runRollout({
      numEpisodes: 1,
      namePrefix: 'x',
      episode: { maxSteps: 1, terminal: { component: Health, mode: 'none' } },
      params: [[Wind(3)]],
      destroyForksOnComplete: true,
    });
    expect(typed.completed).toBe(1);
    await expect(
      app.as(operator).execute({
        type: 'run_episode',
        world: world.id,
        payload: { terminal: { component: 'Nobody' } },
      }),
    ).rejects.toMatchObject({ code: 'unknown_component' });
    const [kept] = await store.commands({ type: 'run_rollout' });
    expect(kept!.result).toMatchObject({ numEpisodes: 2, completed: 2 });
  });

  test('is stopped by a signal between ticks', async () => {
    const app = appOver();
    const world = app.world('w', arena);
    await world.run({ steps: 0 });
    const stop = new AbortController();
    const run = world.as(operator).run({
      steps: 1000,
      signal: stop.signal,
      onProgress: ({ tick }) => {
        if (tick === 4) stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    expect(world.tick).toBeLessThan(1000);
  });
});

describe('an app', () => {
  test('is closed once: nobody is let in, those under way finish, and all that failed is told', async () => {
    class Failing extends MemoryStore {
      closed = 0;
      override async close(): Promise<void> {
        this.closed++;
        throw new Error('no end');
      }
    }
    const store = new Failing();
    const app = createApp({ store, simulations: [arena], logger: quiet });
    const world = app.world('w', arena);
    await world.run({ steps: 0 });
    const run = world.as(operator).run({ steps: 50 });
    const refused = world.as(viewer).query([Position]);
    await refused;
    const closing = app.close();
    await expect(world.as(viewer).query([Position])).rejects.toMatchObject({ code: 'app_closed' });
    await expect(closing).rejects.toMatchObject({
      code: 'close_failed',
      message: expect.stringContaining('no end'),
    });
    expect((await run).ticksCompleted).toBe(50);
    await expect(app.close()).rejects.toMatchObject({ code: 'close_failed' });
    expect(store.closed).toBe(1);
    expect(() => app.world('x')).toThrow(expect.objectContaining({ code: 'app_closed' }));
    expect(() => world.spawn(Position())).toThrow(
      expect.objectContaining({ code: 'world_closed' }),
    );
  });

  test('opens its store when it is first needed, and again when that failed', async () => {
    const open = vi.fn(async () => new MemoryStore());
    open.mockRejectedValueOnce(new ArchetypeError('store_locked', 'held'));
    const app = createApp({ store: open, simulations: [arena], logger: quiet });
    const world = app.world('w', arena);
    world.spawn(Position());
    expect(open).not.toHaveBeenCalled();
    await expect(world.as(player).spawn(Position())).rejects.toMatchObject({
      code: 'store_locked',
    });
    await world.as(player).spawn(Position());
    await world.step();
    expect(open).toHaveBeenCalledTimes(2);
    expect(world.info().entities).toBe(2);
    await app.close();
  });

  test.each([
    [{}, /no store/],
    [{ store: new MemoryStore(), trustedAudit: 'all' }, /trustedAudit: "all"/],
    [
      { store: new MemoryStore(), simulations: [arena, { name: 'arena' }] },
      /Two simulations are called "arena"/,
    ],
  ])('made of %j is refused', (options, message) => {
    expect(() => createApp(options as never)).toThrow(message);
  });
});

describe('simulations from modules', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'modules é '));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const write = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  const made = (name: string): string =>
    `Object.freeze({ name: ${JSON.stringify(name)}, components: [], processors: [], resources: [], hooks: [], setup: undefined })`;

  test('are loaded by their paths, TypeScript without a build', async () => {
    const one = await write(
      'one.ts',
      `const name: string = 'one';\nexport const first = ${made('one')};\nexport default first;\nexport const other: number = 1;`,
    );
    const two = await write(
      'two.mjs',
      `export const a = ${made('two')}; export const b = ${made('three')};`,
    );
    const simulations = await loadSimulations([one, two]);
    expect(simulations.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
    const app = appOver(new MemoryStore(), { simulations });
    await app
      .as(admin)
      .execute({ type: 'create_world', payload: { name: 'w', simulation: 'two' } });
  });

  test.each([
    ['is not there', 'absent.ts', undefined, /absent\.ts" could not be loaded/],
    ['is no program', 'broken.ts', 'export const = ;', /broken\.ts" could not be loaded/],
    ['throws', 'throws.ts', 'throw new Error("half way");', /half way/],
    ['exports none', 'none.ts', 'export const x = 1;', /exports no simulation \(it exports x\)/],
    [
      'exports what is no simulation',
      'same.ts',
      'export const s = {}; export const t = {};',
      /exports no simulation/,
    ],
  ])('one that %s is named', async (_what, name, text, message) => {
    const path = text === undefined ? join(directory, name) : await write(name, text);
    await expect(loadSimulations([path])).rejects.toMatchObject({
      code: 'module_failed',
      message: expect.stringMatching(message),
    });
  });

  test('of one name in two modules are refused', async () => {
    const a = await write('a.mjs', `export const s = ${made('same')};`);
    const b = await write('b.mjs', `export const s = ${made('same')};`);
    await expect(loadSimulations([a, b])).rejects.toThrow(/exports a simulation called "same"/);
    await expect(loadSimulations([a, a])).resolves.toHaveLength(1);
  });
});
