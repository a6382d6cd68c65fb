import {
  defineComponent,
  defineProcessor,
  f64,
  i32,
  MemoryStore,
  random,
  utf8,
  Worlds,
  type Commit,
  type Processor,
  type SimulationDefinition,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';

const Wealth = defineComponent('Wealth', { coins: i32(0) });
const Name = defineComponent('Name', { text: utf8('') });
const Frozen = defineComponent('Frozen');
const Place = defineComponent('Place', { x: f64(0) });

const start = (processors: readonly Processor[], more: SimulationDefinition = {}) =>
  new Worlds(new MemoryStore()).create(
    'test',
    { components: [Name, Frozen, Place], ...more, processors },
    { seed: 3 },
  );

/** Entities of three archetypes, in turn, so that their rows alternate. */
function populate(world: ReturnType<typeof start>, n = 7): void {
  for (let k = 0; k < n; k++) {
    if (k % 3 === 0) world.spawn(Wealth({ coins: k }), Name({ text: `n${k}` }));
    else if (k % 3 === 1) world.spawn(Wealth({ coins: k }), Frozen());
    else world.spawn(Wealth({ coins: k }), Place({ x: k }));
  }
  world.spawn(Name({ text: 'poor' }));
}

describe('a processor of scope "world"', () => {
  test('is called once, with the rows of all matching tables, ascending by entity, and its own columns only', async () => {
    const seen: unknown[] = [];
    const census = defineProcessor({
      name: 'census',
      components: [Wealth],
      without: [Frozen],
      scope: 'world',
      process: (df) => {
        seen.push(df.columnNames, [...df.column('entity_id')], [...df.column('wealth__coins')]);
        return df;
      },
    });
    const world = start([census]);
    populate(world);
    await world.step();
    expect(seen).toEqual([
      ['world_id', 'run_id', 'entity_id', 'tick', 'is_active', 'wealth__coins'],
      [1, 3, 4, 6, 7],
      [0, 2, 3, 5, 6],
    ]);
  });

  test('is not called when no table matches', async () => {
    let calls = 0;
    const census = defineProcessor({
      name: 'census',
      components: [Wealth, Name, Place],
      scope: 'world',
      process: (df) => {
        calls++;
        return df;
      },
    });
    const world = start([census]);
    populate(world);
    await world.step();
    expect(calls).toBe(0);
  });

  test('what it makes goes back to each entity, in whatever order it returns them', async () => {
    const levy = defineProcessor({
      name: 'levy',
      components: [Wealth],
      scope: 'world',
      process: (df) =>
        df
          .withColumns((c) => ({ wealth__coins: c.wealth.coins.mul(10).add(c.entity_id) }))
          .sort({ by: 'wealth__coins', order: 'descending' }),
    });
    const world = start([levy]);
    populate(world);
    await world.step();
    expect(
      (await world.query([Wealth])).toRows().map((row) => [row.entity_id, row.wealth__coins]),
    ).toEqual([1, 2, 3, 4, 5, 6, 7].map((id) => [id, (id - 1) * 10 + id]));
    expect([...(await world.query([Name])).column('name__text')]).toEqual([
      'n0',
      'n3',
      'n6',
      'poor',
    ]);
  });

  test('sees what those before it made in this tick, and those after it see what it makes', async () => {
    const add = (name: string, priority: number, scope: 'table' | 'world') =>
      defineProcessor({
        name,
        priority,
        scope,
        components: [Wealth],
        process: (df) =>
          df.withColumns((c) => ({ wealth__coins: c.wealth.coins.mul(2).add(priority) })),
      });
    // Registered out of order; within priority 2 the order is that of registration.
    const processors = [
      add('c', 2, 'world'),
      add('a', 1, 'table'),
      defineProcessor({
        name: 'd',
        priority: 2,
        components: [Wealth],
        process: (df) => df.withColumns((c) => ({ wealth__coins: c.wealth.coins.add(100) })),
      }),
      add('e', 3, 'world'),
    ];
    const world = start(processors);
    populate(world, 3);
    await world.step();
    const expected = [0, 1, 2].map((coins) => ((coins * 2 + 1) * 2 + 2 + 100) * 2 + 3);
    expect([...(await world.query([Wealth])).column('wealth__coins')]).toEqual(expected);
  });

  test('is a barrier, also when it waits', async () => {
    const log: string[] = [];
    const pause = () => new Promise((resolve) => setImmediate(resolve));
    const step = (name: string, scope: 'table' | 'world') =>
      defineProcessor({
        name,
        scope,
        components: [Wealth],
        process: async (df) => {
          log.push(`${name} begins`);
          await pause();
          log.push(`${name} ends`);
          return df;
        },
      });
    const world = start([step('before', 'table'), step('all', 'world'), step('after', 'table')]);
    populate(world, 2);
    await world.step();
    expect(log).toEqual([
      'before begins',
      'before begins',
      'before ends',
      'before ends',
      'all begins',
      'all ends',
      'after begins',
      'after begins',
      'after ends',
      'after ends',
    ]);
  });

  test('leaves tables alone whose cells it did not change, so that they are not written again', async () => {
    const commits: Commit[] = [];
    class Watched extends MemoryStore {
      override append(given: readonly Commit[]): Promise<void> {
        commits.push(...given);
        return super.append(given);
      }
    }
    const tax = defineProcessor({
      name: 'tax',
      components: [Wealth],
      scope: 'world',
      process: (df) =>
        df.kernel(['wealth__coins'], (out, cols, n) => {
          for (let k = 0; k < n; k++)
            out.wealth__coins[k] = cols.wealth__coins[k]! - (cols.entity_id[k] === 1 ? 1 : 0);
        }),
    });
    const world = new Worlds(new Watched()).create('test', {
      processors: [tax],
      components: [Name, Frozen, Place],
    });
    populate(world);
    await world.run({ steps: 2 });
    const written = commits.map((commit) =>
      commit.tables.filter((table) => 'rows' in table).map(({ signature }) => signature.names),
    );
    expect(written.slice(1)).toEqual([[['Name', 'Wealth']], [['Name', 'Wealth']]]);
  });

  test('draws the same random numbers for an entity as a processor of the table would', async () => {
    const draw = (scope: 'table' | 'world') =>
      defineProcessor({
        name: 'draw',
        scope,
        components: [Wealth],
        process: (df) =>
          df.withColumns(() => ({ wealth__coins: random('coins').mul(1000).floor().cast('i32') })),
      });
    const [a, b] = [start([draw('table')]), start([draw('world')])];
    for (const world of [a, b]) {
      populate(world);
      await world.step();
    }
    const [left, right] = [await a.query([Wealth]), await b.query([Wealth])];
    expect(left.equals(right, { except: ['world_id', 'run_id'] })).toBe(true);
  });

  test('is held to its frame like any other, and named when it fails', async () => {
    const failing = (process: (df: never) => unknown) =>
      start([
        defineProcessor({
          name: 'odd',
          components: [Wealth],
          scope: 'world',
          process: process as never,
        }),
      ]);
    const cases: readonly [(df: never) => unknown, string, RegExp][] = [
      [
        (df: { slice(n: number): unknown }) => df.slice(1),
        'processor_dropped_rows',
        /"odd" dropped 1 of 7/,
      ],
      [
        () => {
          throw new Error('no.');
        },
        'processor_failed',
        /"odd" on all tables it matches failed in tick 1: no\./,
      ],
    ];
    for (const [process, code, message] of cases) {
      const world = failing(process);
      populate(world);
      await expect(world.step()).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      expect(world.tick).toBe(0);
    }
  });

  test('counts as a writer of what it changes, and only of that', async () => {
    const write = defineProcessor({
      name: 'write',
      components: [Wealth],
      scope: 'world',
      process: (df) =>
        df.kernel(['wealth__coins'], (out, cols, n) => {
          for (let k = 0; k < n; k++)
            out.wealth__coins[k] = cols.wealth__coins[k]! + (cols.entity_id[k]! > 3 ? 1 : 0);
        }),
    });
    const update = (id: number) =>
      defineProcessor({
        name: 'update',
        priority: 20,
        components: [Wealth, Name],
        process: (df, ctx) => {
          ctx.update(id, Wealth, { coins: 50 });
          return df;
        },
      });
    for (const [id, conflicts] of [
      [2, false],
      [5, true],
    ] as const) {
      const world = start([write, update(id)]);
      populate(world);
      const step = world.step();
      if (conflicts) await expect(step).rejects.toMatchObject({ code: 'write_conflict' });
      else {
        await step;
        expect((await world.query([Wealth], { entities: [id] })).toRows()[0]?.wealth__coins).toBe(
          50,
        );
      }
    }
  });

  test('a scope that does not exist is refused', () => {
    expect(() =>
      defineProcessor({
        name: 'p',
        components: [],
        scope: 'planet' as never,
        process: (df) => df,
      }),
    ).toThrow(/has scope "planet"; use "table" or "world"/);
  });
});
