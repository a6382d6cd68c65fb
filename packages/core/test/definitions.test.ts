import {
  ArchetypeError,
  bool,
  defineComponent,
  defineProcessor,
  defineResource,
  defineSimulation,
  entity,
  f64,
  json,
  MemoryStore,
  vector,
  Worlds,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const failure = (run: () => unknown): { code: string; message: string } => {
  try {
    run();
  } catch (error) {
    if (error instanceof ArchetypeError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
};

describe('components', () => {
  test('values are checked, completed and frozen', () => {
    const Agent = defineComponent('Agent', {
      name: z.string(),
      mood: z.enum(['calm', 'angry']).default('calm'),
      note: z.string().nullable().optional(),
    });
    const value = Agent({ name: 'a' });
    expect(value).toEqual({ type: 'Agent', name: 'a', mood: 'calm', note: null });
    expect(Object.isFrozen(value)).toBe(true);
    expect(defineComponent('Tag')()).toEqual({ type: 'Tag' });
    expect([...defineComponent('Memory', { v: vector(3) })({ v: [1, 2, 3] }).v]).toEqual([1, 2, 3]);
  });

  test.each<[string, () => unknown, string, RegExp]>([
    ['a small letter', () => defineComponent('position'), 'invalid_name', /first a capital/],
    ['an underscore', () => defineComponent('Po_s'), 'invalid_name', /letters and digits/],
    [
      'a field called type',
      () => defineComponent('A', { type: f64() }),
      'reserved_name',
      /A\.type cannot be a field/,
    ],
    [
      'a double underscore',
      () => defineComponent('A', { a__b: f64() }),
      'invalid_name',
      /single underscores/,
    ],
    [
      'a capital field',
      () => defineComponent('A', { X: f64() }),
      'invalid_name',
      /first a small letter/,
    ],
    [
      'a set',
      () => defineComponent('A', { s: z.set(z.string()) }),
      'unsupported_field',
      /A\.s is a zod set/,
    ],
    [
      'a map in a list',
      () => defineComponent('A', { s: z.array(z.map(z.string(), z.string())) }),
      'unsupported_field',
      /an item of A\.s is a zod map/,
    ],
    [
      'a union',
      () => defineComponent('A', { s: z.union([z.string(), z.number()]) }),
      'unsupported_field',
      /zod union/,
    ],
    ['a vector of size 0', () => vector(0), 'invalid_definition', /positive size/],
    [
      'NaN',
      () => defineComponent('A', { x: f64() })({ x: Number.NaN }),
      'invalid_value',
      /x: .*NaN/,
    ],
    ['infinity', () => defineComponent('A', { x: f64() })({ x: Infinity }), 'invalid_value', /x: /],
    [
      'a short vector',
      () => defineComponent('A', { v: vector(3) })({ v: [1, 2] }),
      'invalid_value',
      /expected 3 finite numbers/,
    ],
    [
      'an entity that cannot be',
      () => defineComponent('A', { e: entity() })({ e: -1 }),
      'invalid_value',
      /entity id/,
    ],
    [
      'a function as JSON',
      () => defineComponent('A', { j: json() })({ j: () => 1 }),
      'invalid_value',
      /j: /,
    ],
  ])('%s is refused', (_name, run, code, message) => {
    const { code: got, message: said } = failure(run);
    expect(got).toBe(code);
    expect(said).toMatch(message);
  });

  test('two definitions that own the same columns cannot share a world; other worlds are not affected', () => {
    const [one, two] = [
      defineComponent('Twin', { x: f64(0) }),
      defineComponent('Twin', { y: f64(0) }),
    ];
    const worlds = new Worlds(new MemoryStore());
    const world = worlds.create('a');
    world.spawn(one());
    expect(failure(() => world.spawn(two()))).toMatchObject({ code: 'component_conflict' });
    expect(failure(() => world.spawn(defineComponent('TWIN')()))).toMatchObject({
      code: 'component_conflict',
    });
    worlds.create('b').spawn(two());
    expect(failure(() => worlds.create('c', { components: [one, two] }))).toMatchObject({
      code: 'component_conflict',
    });
  });
});

describe('simulations', () => {
  const named = (name: string) => defineProcessor({ name, components: [], process: (df) => df });

  test('processor names are unique, and definitions are checked', () => {
    expect(failure(() => defineSimulation({ processors: [named('a'), named('a')] })).code).toBe(
      'processor_conflict',
    );
    expect(failure(() => named('')).code).toBe('invalid_name');
    expect(failure(() => defineSimulation({ processors: [{} as never] })).code).toBe(
      'invalid_definition',
    );
    expect(
      failure(() =>
        defineProcessor({ name: 'p', components: ['Position'] as never, process: (df) => df }),
      ).code,
    ).toBe('invalid_argument');
    const world = new Worlds(new MemoryStore()).create('w', { processors: [named('a')] });
    expect(failure(() => world.processors.add(named('a'))).code).toBe('processor_conflict');
    world.processors.add(named('b'));
    expect(world.processors.remove('a')).toBe(true);
    expect(world.processors.remove('a')).toBe(false);
    expect(world.processors.list().map(({ name }) => name)).toEqual(['b']);
  });

  test('lower priority runs first, then the order of registration, and [] means every archetype', async () => {
    const order: string[] = [];
    const log = (name: string, priority?: number) =>
      defineProcessor({
        name,
        components: [],
        ...(priority !== undefined && { priority }),
        process: (df, ctx) => {
          order.push(`${name}@${ctx.tick}`);
          return df;
        },
      });
    const world = new Worlds(new MemoryStore()).create('w', {
      processors: [log('late', 20), log('a'), log('b'), log('first', -1)],
    });
    world.spawn();
    await world.step();
    expect(order).toEqual(['first@1', 'a@1', 'b@1', 'late@1']);
  });

  test('live names are unique, seeds are whole, and a stored name that repeats must be told by id', async () => {
    const store = new MemoryStore();
    const worlds = new Worlds(store);
    const first = worlds.create('same', {}, { seed: 1 });
    expect(failure(() => worlds.create('same')).code).toBe('world_exists');
    expect(failure(() => worlds.create('x', {}, { seed: -1 })).code).toBe('invalid_argument');
    expect(failure(() => worlds.create('')).code).toBe('invalid_name');
    await first.step();
    await first.close();
    await worlds.create('same', {}).step();
    await worlds.close();
    await expect(worlds.resume('same', {})).rejects.toMatchObject({
      code: 'world_ambiguous',
      message: expect.stringContaining(first.id),
    });
    expect((await worlds.resume(first.id, {})).tick).toBe(1);
  });
});

describe('resources', () => {
  const Gravity = defineResource('gravity', { schema: f64(9.8) });
  const Rules = defineResource('rules', { schema: z.object({ names: z.array(z.string()) }) });
  const Clock = defineResource<{ now: number }>('clock', {
    fork: (clock) => ({ now: clock.now + 100 }),
  });
  const Log = defineComponent('Log', { g: f64(0), strict: bool(false) });
  const read = defineProcessor({
    name: 'read',
    components: [Log],
    process: (df, ctx) =>
      df.withColumns(() => ({
        log__g: ctx.resources.get(Gravity),
        log__strict: Object.isFrozen(ctx.resources.find(Rules)),
      })),
  });

  test('data is checked, has its default, is frozen for processors, and changes with the next tick', async () => {
    const worlds = new Worlds(new MemoryStore());
    const world = worlds.create('w', {
      processors: [read],
      resources: [Gravity, Rules({ names: ['a'] })],
    });
    world.spawn(Log());
    await world.step();
    world.resources.set(Gravity(1.6));
    expect(world.resources.get(Gravity)).toBe(9.8);
    await world.step();
    expect(world.resources.get(Gravity)).toBe(1.6);
    const rows = await world.query([Log], { ticks: { from: 1 } });
    expect([...rows.column('log__g')]).toEqual([9.8, 1.6]);
    expect(rows.column('log__strict')).toEqual([true, true]);
    expect(failure(() => Gravity('1' as never)).code).toBe('invalid_value');
    expect(failure(() => worlds.create('x', { resources: [Rules] })).code).toBe('resource_missing');
    expect(
      failure(() =>
        worlds.create('y', { resources: [Gravity, defineResource('gravity', { schema: f64(1) })] }),
      ).code,
    ).toBe('resource_conflict');
    expect(failure(() => defineResource('1x', { schema: f64() })).code).toBe('invalid_name');
    expect(failure(() => defineResource('x', {} as never)).code).toBe('invalid_definition');
  });

  test('forks copy data, take overrides, and share live objects or make their own; resuming wants live ones again', async () => {
    const worlds = new Worlds(new MemoryStore());
    const world = worlds.create('w', {
      processors: [read],
      resources: [Gravity, Clock({ now: 1 })],
    });
    world.spawn(Log());
    await world.step();
    const fork = await world.fork({ name: 'f', resources: [Gravity(2)] });
    expect([fork.resources.get(Gravity), fork.resources.get(Clock).now]).toEqual([2, 101]);
    expect([world.resources.get(Gravity), world.resources.get(Clock).now]).toEqual([9.8, 1]);
    await fork.step();
    expect([...(await fork.query([Log])).column('log__g')]).toEqual([2]);
    await fork.close();
    await expect(
      worlds.resume('f', { processors: [read], resources: [Gravity] }),
    ).rejects.toMatchObject({
      code: 'resource_missing',
      message: expect.stringContaining('clock'),
    });
    const resumed = await worlds.resume(
      'f',
      { processors: [read], resources: [Gravity] },
      { resources: [Clock({ now: 5 })] },
    );
    expect(resumed.resources.get(Gravity)).toBe(2);
    expect(failure(() => resumed.resources.get(Rules)).code).toBe('resource_missing');
  });
});
