import {
  ArchetypeError,
  bool,
  defineComponent,
  defineProcessor,
  entity,
  f32,
  f64,
  i32,
  i64,
  json,
  MemoryStore,
  timestamp,
  utf8,
  vector,
  Worlds,
  type BirthRef,
  type DataFrame,
  type Entities,
  type LogFields,
  type TickContext,
  type World,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const Body = defineComponent('Body', { x: f64(0), y: f64(0) });
const Health = defineComponent('Health', { points: f64(10) });
const Link = defineComponent('Link', { to: entity() });
const Team = defineComponent('Team', { members: z.array(entity()).default([]) });
const Infected = defineComponent('Infected', { since: i32(0) });
const All = defineComponent('All', {
  f64: f64(0),
  f32: f32(0),
  i32: i32(0),
  i64: i64(0n),
  bool: bool(false),
  text: utf8(''),
  mood: z.enum(['calm', 'angry']).default('calm'),
  time: timestamp().default(new Date(0)),
  vector: vector(2).default(new Float32Array(2)),
  list: z.array(z.number()).default([]),
  struct: z.object({ a: z.number() }).default({ a: 0 }),
  json: json().default(null),
  maybe: f64().nullable().default(null),
});

/** A world in which one processor does what it is told, once for all tables. */
function start(
  process: (ctx: TickContext, df: DataFrame) => unknown,
  populate: (world: World) => void = (world) => {
    for (let k = 0; k < 5; k++) world.spawn(Body({ x: k }), Health());
    world.spawn(Body({ x: 9 }), Infected({ since: -1 }));
  },
  options: ConstructorParameters<typeof Worlds>[1] = {},
): World {
  const processor = defineProcessor({
    name: 'act',
    components: [],
    scope: 'world',
    process: async (df, ctx) => {
      await process(ctx, df);
      return df;
    },
  });
  const world = new Worlds(new MemoryStore(), options).create(
    'test',
    { processors: [processor], components: [Body, Health, Link, Team, Infected, All] },
    { seed: 1 },
  );
  populate(world);
  return world;
}

const column = async (world: World, component: typeof Health | typeof Body, name: string) => [
  ...((await world.query([component])).column(name as never) as Iterable<unknown>),
];
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ArchetypeError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
};

describe('what entities a call is about', () => {
  test.each<[string, (ctx: TickContext) => Entities]>([
    ['an id', () => 2],
    ['an array of ids', () => [2, 4]],
    ['a typed array', () => Int32Array.of(4, 2)],
    ['a set', () => new Set([2, 4])],
    ['a generator', () => [2, 4].values()],
    ['a column of a frame', (ctx) => even(ctx).column('entity_id')],
    ['a frame', (ctx) => even(ctx)],
  ])('can be said by %s', async (_how, target) => {
    const world = start((ctx) => ctx.despawn(target(ctx)));
    await world.step();
    const left = [...(await world.query([Health])).column('entity_id')];
    expect(left).toEqual(left.includes(4) ? [1, 3, 4, 5] : [1, 3, 5]);
    expect(left).not.toContain(2);
  });
  const even = (ctx: TickContext) =>
    ctx.query([Health], { where: (c) => c.entity_id.mod(2).eq(0) });

  test('nobody is nobody: an empty frame or list asks for nothing', async () => {
    const world = start((ctx) => {
      const none = ctx.query([Health]).filter((c) => c.health.points.lt(0));
      ctx.despawn(none);
      ctx.update(none, Health, { points: 1 });
      ctx.update([], Health, { points: [] });
      ctx.addComponents(new Int32Array(0), Infected());
      expect(ctx.spawnMany([]).length).toBe(0);
    });
    const { ignored } = await world.step();
    expect([ignored, world.info().entities]).toEqual([0, 6]);
  });

  test('the list is taken when it is given: changing it later changes nothing', async () => {
    const world = start((ctx) => {
      const ids = Int32Array.of(1);
      ctx.despawn(ids);
      ids[0] = 2;
    });
    await world.step();
    expect([...(await world.query([Health])).column('entity_id')]).toEqual([2, 3, 4, 5]);
  });

  test('who does not live, or lacks the component, is named, and nothing of that call is done', async () => {
    const answers: string[] = [];
    const world = start((ctx) => {
      for (const run of [
        () => ctx.despawn([1, 99]),
        () => ctx.despawn(-1),
        () => ctx.despawn(1.5),
        () => ctx.despawn(Int32Array.of(-7)),
        () => ctx.despawn('1' as never),
        () => ctx.update([1, 6], Health, { points: 1 }),
        () => ctx.addComponents({ kind: 'birth' } as never, Infected()),
        () => ctx.update(ctx.spawn(Body()), Health, { points: 1 }),
        () => ctx.despawn(ctx.query([Health]).drop('entity_id') as never),
      ]) {
        answers.push(codeOf(run).slice(0, 60));
      }
    });
    await world.step();
    expect(answers).toEqual([
      'entity_not_found: No living entity is entity 99; use an id f',
      'entity_not_found: No living entity is entity -1; use an id f',
      'entity_not_found: No living entity is entity 1.5; use an id ',
      'entity_not_found: No living entity is entity -7; use an id f',
      'invalid_argument: Entities were needed and a string was give',
      'component_missing: Entity 6 has no Health; add it with addCo',
      'entity_not_found: A BirthRef was used outside the processor ',
      'component_missing: A birth of this call has no Health; add i',
      'unknown_column: There is no column "entity_id". Columns: wor',
    ]);
    expect(world.info().entities).toBe(7);
  });
});

describe('updates of many entities', () => {
  test('one value for all, one for each, a frame, or expressions', async () => {
    const world = start((ctx) => {
      const all = ctx.query([Health, Body]);
      ctx.update(all, Health, { points: 3 });
      ctx.update(
        all.filter((c) => c.entity_id.le(2)),
        Body,
        { x: [10, 20] },
      );
      ctx.update(
        [3, 4],
        Body,
        all
          .filter((c) => c.entity_id.between(3, 4))
          .select('body__x')
          .withColumns((c) => ({ body__x: c.body__x.mul(100) })),
      );
      ctx.update(
        all.filter((c) => c.entity_id.eq(5)),
        Body,
        (c) => ({ x: c.body.x.add(c.health.points), y: 1 }),
      );
    });
    await world.step();
    expect(await column(world, Health, 'health__points')).toEqual([3, 3, 3, 3, 3]);
    expect(await column(world, Body, 'body__x')).toEqual([10, 20, 200, 300, 14, 9]);
    expect(await column(world, Body, 'body__y')).toEqual([0, 0, 0, 0, 1, 0]);
  });

  test('cells of every type, as values and as columns', async () => {
    const world = start(
      (ctx) => {
        ctx.update([1, 2], All, {
          f64: 1.5,
          text: 'ä',
          mood: 'angry',
          vector: [1, 2],
          list: [1, 2],
          json: [1, { a: null }],
          maybe: null,
        });
        ctx.update([3, 4], All, {
          f64: Float64Array.of(1, Number.NaN),
          f32: [0.1, 0.2],
          i32: Int32Array.of(-1, 1),
          i64: [1n, 2n],
          bool: [true, false],
          text: ['a', 'b'],
          mood: ['angry', 'calm'],
          time: [new Date(5), new Date(6)],
          vector: Float32Array.of(1, 2, 3, 4),
          struct: [{ a: 1 }, { a: 2 }],
          maybe: [7, null],
        });
        ctx.update([5, 6], All, {
          vector: [[5, 6], Float32Array.of(7, 8)],
          time: new Date(9),
          f32: 0.1,
        });
      },
      (w) => {
        for (let k = 0; k < 6; k++) w.spawn(All());
      },
    );
    await world.step();
    const rows = (await world.query([All])).toRows();
    const of = (name: keyof (typeof rows)[number]) => rows.map((row) => row[name]);
    expect(of('all__f64')).toEqual([1.5, 1.5, 1, Number.NaN, 0, 0]);
    expect(of('all__f32')).toEqual([0, 0, 0.1, 0.2, 0.1, 0.1].map(Math.fround));
    expect(of('all__i32')).toEqual([0, 0, -1, 1, 0, 0]);
    expect(of('all__i64')).toEqual([0n, 0n, 1n, 2n, 0n, 0n]);
    expect(of('all__bool')).toEqual([false, false, true, false, false, false]);
    expect(of('all__text')).toEqual(['ä', 'ä', 'a', 'b', '', '']);
    expect(of('all__mood')).toEqual(['angry', 'angry', 'angry', 'calm', 'calm', 'calm']);
    expect(of('all__time').map(Number)).toEqual([0, 0, 5, 6, 9, 9]);
    expect(of('all__vector').map((v) => [...(v as Float32Array)])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]);
    expect(of('all__list')).toEqual([[1, 2], [1, 2], [], [], [], []]);
    expect(of('all__struct')).toEqual([{ a: 0 }, { a: 0 }, { a: 1 }, { a: 2 }, { a: 0 }, { a: 0 }]);
    expect(of('all__json')).toEqual([[1, { a: null }], [1, { a: null }], null, null, null, null]);
    expect(of('all__maybe')).toEqual([null, null, 7, null, null, null]);
  });

  test('what does not fit is refused at the call', async () => {
    const answers: string[] = [];
    const world = start((ctx) => {
      const all = ctx.query([Health]);
      for (const run of [
        () => ctx.update(all, Health, { points: [1, 2] }),
        () => ctx.update([1, 2], Health, { points: [1, 'a'] as never }),
        () => ctx.update([1, 2], Health, { points: [1, undefined] as never }),
        () => ctx.update([1, 2], Health, { point: 1 } as never),
        () => ctx.update(all, Health, all.slice(1)),
        () => ctx.update(all, Health, all.sort({ by: 'entity_id', order: 'descending' })),
        () => ctx.update([1, 2], Body, all.limit(2)),
        () =>
          ctx.update(
            [1],
            Health,
            all
              .limit(1)
              .drop('health__points')
              .withColumns(() => ({ health__points: 'a' })),
          ),
        () => ctx.update([1], Health, ((c: never) => c) as never),
        () => ctx.update(all, Health, (c) => ({ points: c.entity_id.div(0).cast('i32') })),
        () => ctx.update(1, Health, { points: 1 }, { combine: 'all' as never }),
      ]) {
        answers.push(codeOf(run));
      }
    });
    const { ignored } = await world.step();
    expect(answers.map((answer) => answer.slice(0, 100))).toEqual([
      'length_mismatch: Health.points was given 2 cells for 5 entities; give one for each, in their order, ',
      expect.stringMatching(/^invalid_value: A Health value was refused: points: /),
      'invalid_value: Health.points has no value for entity 1 of those given; give one for each.',
      expect.stringMatching(/^invalid_value: Health has no field "point"; did you mean "points"\?/),
      'length_mismatch: An update of Health was given a frame of 4 rows for 5 entities; give one row for ea',
      'frame_mismatch: An update of Health was given a frame whose entities are others, or in another order',
      'unknown_column: An update of Body was given a frame without a column body__…; it has world_id, run_i',
      expect.stringMatching(
        /^type_mismatch: Column health__points of the frame holds utf8; the component/,
      ),
      expect.stringMatching(
        /^invalid_argument: An update of Health was given expressions and no frame/,
      ),
      expect.stringMatching(/^value_out_of_range: /),
      'invalid_argument: combine was "all"; use one of last, sum, min, max.',
    ]);
    expect(ignored).toBe(0);
    expect(await column(world, Health, 'health__points')).toEqual([10, 10, 10, 10, 10]);
  });

  test('ten thousand calls for one entity each give what one call for all gives', async () => {
    const n = 10_000;
    const populate = (world: World): void => {
      world.spawnMany(Array.from({ length: n }, () => [Health()]));
    };
    const one = start((ctx) => {
      for (let id = 1; id <= n; id++) ctx.update(id, Health, { points: id * 2 });
    }, populate);
    const many = start((ctx) => {
      ctx.update(ctx.query([Health]), Health, (c) => ({ points: c.entity_id.mul(2) }));
    }, populate);
    await Promise.all([one.step(), many.step()]);
    const [a, b] = [await one.query([Health]), await many.query([Health])];
    expect(a.equals(b, { except: ['world_id', 'run_id'] })).toBe(true);
    expect(a.column('health__points')[n - 1]).toBe(2 * n);
  });

  test('a sum that no cell can hold says whose it was', async () => {
    const world = start(
      (ctx) => {
        ctx.update([1, 1, 1], Infected, { since: 2 ** 30 }, { combine: 'sum' });
      },
      (w) => w.spawn(Infected()),
    );
    await expect(world.step()).rejects.toMatchObject({
      code: 'value_out_of_range',
      message: expect.stringMatching(
        /^Updates of infected__since by "act" could not be kept: 3221225472 does not fit/,
      ),
    });
    expect(world.tick).toBe(0);
  });
});

describe('births', () => {
  test('spawnMany takes rows or a frame, and its references are used like ids, one by one or together', async () => {
    const world = start((ctx) => {
      const rows = ctx.spawnMany([
        [Body({ x: 100 }), Health({ points: 1 })],
        [Health({ points: 2 }), Body({ x: 200 })],
        [Body({ x: 300 }), Health({ points: 3 })],
      ]);
      const copies = ctx.spawnMany(ctx.query([Body, Health]).limit(2));
      expect([rows.length, copies.length]).toEqual([3, 2]);
      ctx.update(rows.at(1), Body, { y: 5 });
      ctx.update(rows, Health, { points: [11, 12, 13] });
      ctx.addComponents(copies, Infected({ since: 4 }));
      ctx.despawn([rows.at(0), copies.at(0), 1]);
      ctx.spawn(Link({ to: copies.at(1) }), Team({ members: [1, rows.at(2)] as never }));
      ctx.addComponents(2, Link({ to: rows.at(2) }));
      expect(codeOf(() => rows.at(3))).toMatch(/^invalid_argument: There is no birth 3 among 3/);
    });
    await world.step();
    const rows = (await world.query([Body, Health])).toRows();
    expect(
      rows.map((row) => [row.entity_id, row.body__x, row.body__y, row.health__points]),
    ).toEqual([
      [2, 1, 0, 10],
      [3, 2, 0, 10],
      [4, 3, 0, 10],
      [5, 4, 0, 10],
      [8, 200, 5, 12],
      [9, 300, 0, 13],
      [11, 1, 0, 10],
    ]);
    const links = (await world.query([Link])).toRows();
    expect(links.map((row) => [row.entity_id, row.link__to])).toEqual([
      [2, 9],
      [12, 11],
    ]);
    expect((await world.query([Team])).toRows()[0]?.team__members).toEqual([1, 9]);
    expect(
      (await world.query([Infected])).toRows().map((row) => [row.entity_id, row.infected__since]),
    ).toEqual([
      [6, -1],
      [11, 4],
    ]);
  });

  test('an update can set an entity field to births, one for all or one for each', async () => {
    const world = start(
      (ctx) => {
        const births = ctx.spawnMany([[Body()], [Body()]]);
        ctx.update([1, 2], Link, { to: births });
        ctx.update([3, 4], Link, { to: births.at(1) });
        ctx.update(5, Link, { to: births.at(0) });
        ctx.update([6, 7], Link, { to: [births.at(1), 3] });
        ctx.update(8, Team, { members: [...births] as never });
      },
      (w) => {
        for (let k = 0; k < 7; k++) w.spawn(Link({ to: 1 }));
        w.spawn(Team());
      },
    );
    await world.step();
    expect([...(await world.query([Link])).column('link__to')]).toEqual([9, 10, 10, 10, 9, 10, 3]);
    expect((await world.query([Team])).toRows()[0]?.team__members).toEqual([9, 10]);
  });

  test('a reference is of no use outside the call that gave it', async () => {
    let kept: BirthRef | undefined;
    const answers: string[] = [];
    const world = start((ctx) => {
      if (kept !== undefined) {
        const stale = kept;
        answers.push(codeOf(() => ctx.spawn(Link({ to: stale }))));
        answers.push(codeOf(() => ctx.update([1], Body, { x: 1 })));
        answers.push(codeOf(() => ctx.despawn(stale)));
      }
      kept = ctx.spawn(Body());
    });
    await world.step();
    expect(codeOf(() => world.spawn(Link({ to: kept! })))).toMatch(
      /^entity_not_found: A BirthRef was used outside/,
    );
    await world.step();
    expect(answers.map((answer) => answer.slice(0, 35))).toEqual([
      'entity_not_found: A BirthRef was us',
      'none',
      'entity_not_found: A BirthRef was us',
    ]);
  });

  test('a killed birth leaves no row, and its id stays used', async () => {
    const world = start((ctx) => {
      const births = ctx.spawnMany([[Body({ x: 50 })], [Body({ x: 60 })]]);
      ctx.despawn(births.at(0));
    });
    await world.step();
    expect(
      (await world.query([Body], { ticks: 'all', includeInactive: true, entities: [7] })).numRows,
    ).toBe(0);
    expect(world.spawn(Body())).toBe(9);
  });
});

describe('moves', () => {
  test('of a frame, with values for all, keep what processors computed', async () => {
    const grow = defineProcessor({
      name: 'grow',
      components: [Body],
      priority: 5,
      process: (df) => df.withColumns((c) => ({ body__x: c.body.x.add(0.5) })),
    });
    const world = start((ctx) => {
      const frame = ctx.query([Health]);
      ctx.addComponents(frame.limit(2), Infected({ since: ctx.tick }), Body({ y: 7 }));
      ctx.removeComponents(frame.slice(2), Health, Infected);
      ctx.update([1, 2], Infected, { since: [5, 6] });
    });
    world.processors.add(grow);
    await world.step();
    const moved = (await world.query([Body, Infected, Health])).toRows();
    expect(
      moved.map((row) => [row.entity_id, row.body__x, row.body__y, row.infected__since]),
    ).toEqual([
      [1, 0, 7, 5],
      [2, 0, 7, 6],
    ]);
    const rest = (await world.query([Body], { without: [Infected, Health] })).toRows();
    expect(rest.map((row) => [row.entity_id, row.body__x])).toEqual([
      [3, 2.5],
      [4, 3.5],
      [5, 4.5],
    ]);
  });

  test('an addition and a removal in one tick are no move, and leave no tombstone', async () => {
    const world = start((ctx) => {
      ctx.addComponents(1, Infected());
      ctx.removeComponents(1, Infected);
    });
    await world.step();
    const rows = await world.query([Health], { ticks: 1, entities: [1], includeInactive: true });
    expect(rows.toRows().map((row) => row.is_active)).toEqual([true]);
  });
});

describe('what has no effect', () => {
  test('is counted, entity by entity, over all ticks of a run', async () => {
    const world = start((ctx) => {
      if (ctx.tick > 1) return;
      ctx.despawn([1, 2]);
      ctx.despawn([2, 3]); // 2 is dead already
      ctx.addComponents([3, 4], Infected()); // 3 is
      ctx.removeComponents(5, Health);
      ctx.update([1, 4, 5], Health, { points: 1 }); // 1 is, and 5 has moved away
    });
    const result = await world.run({ steps: 3 });
    expect(result.ignored).toBe(4);
    expect(await column(world, Health, 'health__points')).toEqual([1]);
    expect((await world.step()).ignored).toBe(0);
  });
});

describe('dying', () => {
  test('names those whom processors of earlier priorities killed, of whatever table', async () => {
    const seen: boolean[][] = [];
    const look = (name: string, priority: number) =>
      defineProcessor({
        name,
        priority,
        components: [Infected],
        process: (df, ctx) => {
          seen.push([1, 2, 6, 99].map((id) => ctx.dying(id)));
          return df;
        },
      });
    const world = start((ctx) => ctx.despawn(ctx.query([Health]).limit(1)));
    world.processors.add(look('same', 10));
    world.processors.add(look('later', 11));
    world.processors.add(look('earlier', 9));
    await world.step();
    expect(seen).toEqual([
      [false, false, false, false],
      [false, false, false, false],
      [true, false, false, false],
    ]);
  });
});

describe('ctx', () => {
  test('is of no use once its processor has returned', async () => {
    let late: Promise<string[]> | undefined;
    const world = start((ctx) => {
      late = (async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return [
          codeOf(() => ctx.spawn(Body())),
          codeOf(() => ctx.spawnMany([[Body()]])),
          codeOf(() => ctx.despawn(1)),
          codeOf(() => ctx.update(1, Body, { x: 1 })),
        ];
      })();
    });
    await world.step();
    for (const answer of await late!) {
      expect(answer).toBe(
        'context_closed: Processor "act" used its ctx after it had returned; await what it starts, so that everything is asked for before it returns.',
      );
    }
  });

  test('logs to the logger of the world, with world, tick and processor, and nowhere else', async () => {
    const entries: [string, string, LogFields | undefined][] = [];
    const logger = Object.fromEntries(
      (['debug', 'info', 'warn', 'error'] as const).map((level) => [
        level,
        (message: string, fields?: LogFields) => entries.push([level, message, fields]),
      ]),
    ) as never;
    const world = start(
      (ctx) => {
        ctx.log.info('begun');
        const { log } = ctx;
        log.warn('few left', { left: 3, tick: 'own' });
      },
      undefined,
      { logger },
    );
    await world.step();
    const fork = await world.fork({ name: 'branch' });
    await fork.step();
    const fields = { world: 'test', tick: 1, processor: 'act' };
    expect(entries).toEqual([
      ['info', 'begun', fields],
      ['warn', 'few left', { ...fields, left: 3, tick: 'own' }],
      ['info', 'begun', { ...fields, world: 'branch', tick: 2 }],
      ['warn', 'few left', { ...fields, world: 'branch', left: 3, tick: 'own' }],
    ]);
    expect((await world.query([])).columnNames).toHaveLength(5);
  });
});
