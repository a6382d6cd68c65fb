import {
  ArchetypeError,
  defineComponent,
  defineProcessor,
  f64,
  fromColumns,
  i32,
  isDataFrame,
  MemoryStore,
  utf8,
  Worlds,
  type DataFrame,
  type Commit,
  type Json,
  type StepOptions,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';

const Body = defineComponent('Body', { x: f64(0) });
const Tag = defineComponent('Tag');

function start(look: (input: Json | DataFrame | undefined) => unknown) {
  const commits: Commit[] = [];
  class Watched extends MemoryStore {
    override append(given: readonly Commit[]): Promise<void> {
      commits.push(...given);
      return super.append(given);
    }
  }
  const processor = defineProcessor({
    name: 'look',
    components: [Body],
    process: (df, ctx) => {
      look(ctx.input);
      return df;
    },
  });
  const world = new Worlds(new Watched()).create('test', {
    processors: [processor],
    components: [Tag],
  });
  world.spawn(Body());
  world.spawn(Body(), Tag());
  return { world, commits };
}

const actions = () =>
  fromColumns(
    { entity_id: i32(), force: f64(), note: utf8() },
    {
      entity_id: Int32Array.of(2, 1),
      force: Float64Array.of(0.5, -1),
      note: ['left', 'right'],
    },
  );

describe('the input of a step', () => {
  test('is JSON, frozen for processors, recorded in the commit of each tick it was given to', async () => {
    const seen: unknown[] = [];
    const { world, commits } = start((input) => {
      seen.push(input);
      expect(() => {
        (input as { action: number[] }).action.push(1);
      }).toThrow(TypeError);
    });
    const given = { action: [1, 2], why: null };
    const run = world.run({ steps: 2, input: given });
    given.action.push(3);
    await run;
    expect(seen).toEqual(Array.from({ length: 4 }, () => ({ action: [1, 2], why: null })));
    expect(commits.map(({ input }) => input)).toEqual([
      undefined,
      { action: [1, 2], why: null },
      { action: [1, 2], why: null },
    ]);
  });

  test('is a frame keyed by entity_id, which processors can join, filter and ask for components', async () => {
    const seen: unknown[] = [];
    const { world, commits } = start((input) => {
      const frame = input as ReturnType<typeof actions>;
      seen.push(
        isDataFrame(input),
        frame.filter((c) => c.has(Tag)).toRows(),
        frame.sort('entity_id').column('force'),
      );
    });
    await world.step({ input: actions() });
    expect(seen.slice(0, 3)).toEqual([
      true,
      [{ entity_id: 2, force: 0.5, note: 'left' }],
      Float64Array.of(-1, 0.5),
    ]);
    expect((commits[1]!.input as unknown as DataFrame).equals(actions())).toBe(true);
  });

  test('makes a tick another one: the same tick with other input is not the same commit', async () => {
    const { world, commits } = start(() => undefined);
    await world.step({ input: actions() });
    const store = new MemoryStore();
    const record = world.info();
    const lease = await store.create({
      world: record.id,
      run: record.run,
      name: 'copy',
      seed: 1,
      createdAt: 0,
      lineage: [],
      resources: {},
      live: [],
    });
    await store.append(commits.map((commit) => ({ ...commit, lease })));
    const last = { ...commits[1]!, lease };
    await store.append([last]);
    for (const input of [actions().slice(1), { force: 1 }, undefined]) {
      const { input: _, ...rest } = last;
      const other = (input === undefined ? rest : { ...rest, input }) as Commit;
      await expect(store.append([other])).rejects.toMatchObject({ code: 'tick_conflict' });
    }
  });

  test.each<[string, unknown, RegExp]>([
    ['NaN', { a: [Number.NaN] }, /input of a step holds NaN at \.a\[0\], which JSON cannot keep/],
    ['undefined in a list', [undefined], /holds undefined at \[0\]/],
    ['a function', { f: () => 1 }, /holds a function at \.f/],
    ['a bigint', 1n, /holds a bigint, which JSON/],
    ['a date', { at: new Date(0) }, /holds a Date at \.at/],
    ['a map', new Map(), /holds a Map/],
    ['itself', circular(), /nested too deep, or inside itself/],
    [
      'a frame without entities',
      actions().drop('entity_id'),
      /input frame has no column entity_id, only force, note;/,
    ],
    [
      'a frame with entity_id of another type',
      actions().drop('entity_id').rename({ force: 'entity_id' }),
      /has entity_id of type f64/,
    ],
    ['a frame with an entity twice', actions().concat(actions()), /more than one row for entity 2/],
  ])('%s is refused at the call', async (_what, input, message) => {
    const { world } = start(() => undefined);
    const step = world.step({ input } as StepOptions);
    await expect(step).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(message),
    });
    await expect(step).rejects.toBeInstanceOf(ArchetypeError);
    expect(world.info().started).toBe(false);
  });
});

function circular(): unknown {
  const a: Record<string, unknown> = {};
  a.a = a;
  return a;
}
