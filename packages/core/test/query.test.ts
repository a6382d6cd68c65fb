import {
  defineComponent,
  defineProcessor,
  f64,
  i32,
  MemoryStore,
  toSql,
  col,
  random,
  when,
  utf8,
  Worlds,
  type World,
} from '@archetype/core';
import { beforeEach, describe, expect, test } from 'vitest';

const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
const Name = defineComponent('Name', { text: utf8('') });
const Frozen = defineComponent('Frozen');
const Age = defineComponent('Age', { years: i32(0) });
const drift = defineProcessor({
  name: 'drift',
  components: [Position],
  without: [Frozen],
  process: (df) => df.withColumns((c) => ({ position__x: c.position.x.add(c.position.y) })),
});

let worlds: Worlds;
let world: World;
beforeEach(async () => {
  worlds = new Worlds(new MemoryStore());
  world = worlds.create('w', { components: [Age], processors: [drift] }, { seed: 1 });
  world.spawn(Position({ x: 3, y: 1 }), Name({ text: 'a' }));
  world.spawn(Position({ x: 1, y: -1 }));
  world.spawn(Position({ x: 2, y: 5 }), Frozen());
  await world.run({ steps: 2 });
});

describe('a query', () => {
  test('where keeps the rows for which it holds, over every archetype', async () => {
    const right = await world.query([Position], { where: (c) => c.position.x.gt(0) });
    expect(right.toRows().map((row) => [row.entity_id, row.position__x])).toEqual([
      [1, 5],
      [3, 2],
    ]);
    const past = await world.query([Position], {
      ticks: 'all',
      where: (c) => c.position.x.eq(3).or(c.entity_id.eq(2).and(c.tick.eq(2))),
    });
    expect(past.toRows().map((row) => [row.tick, row.entity_id])).toEqual([
      [0, 1],
      [2, 2],
    ]);
  });

  test('select gives these columns in this order, whatever where and sort need', async () => {
    const df = await world.query([Position], {
      where: (c) => c.position.y.ne(0),
      sort: { by: 'position__x', order: 'descending' },
      select: ['entity_id', 'tick'],
    });
    expect(df.toRows()).toEqual([
      { entity_id: 1, tick: 2 },
      { entity_id: 3, tick: 2 },
      { entity_id: 2, tick: 2 },
    ]);
    const typed: number = df.toRows()[0]!.entity_id;
    expect(typed).toBe(1);
  });

  test('sort keeps ticks and entities in order where its keys are equal; limit takes the first', async () => {
    const all = await world.query([Position], {
      ticks: 'all',
      sort: ['position__y', 'entity_id'],
      limit: 4,
    });
    expect(all.toRows().map((row) => [row.position__y, row.tick])).toEqual([
      [-1, 0],
      [-1, 1],
      [-1, 2],
      [1, 0],
    ]);
    expect(
      (await world.query([Position], { ticks: 'all', limit: 2 }))
        .toRows()
        .map((row) => [row.tick, row.entity_id]),
    ).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect((await world.query([Position], { limit: 0 })).numRows).toBe(0);
  });

  test('without, entities and tombstones go together with where', async () => {
    world.despawn(1);
    await world.step();
    const gone = await world.query([Position], {
      includeInactive: true,
      without: [Frozen],
      entities: [1, 2],
      where: (c) => c.is_active.not(),
    });
    expect(gone.column('entity_id')).toEqual(new Int32Array([1]));
  });

  test('a component that never occurred gives no rows, and the columns asked for', async () => {
    const ages = await world.query([Age], {
      select: ['age__years'],
      where: (c) => c.age.years.gt(3),
    });
    expect([ages.numRows, ages.columnNames]).toEqual([0, ['age__years']]);
    const fresh = worlds.create('fresh', { processors: [drift] }, { seed: 1 });
    const none = await fresh.query([Position], {
      where: (c) => c.position.x.gt(0),
      sort: 'position__x',
      limit: 3,
    });
    expect([none.numRows, none.columnNames.length]).toEqual([0, 7]);
  });

  test('a reader has the same options', async () => {
    const reader = await worlds.attach('w');
    const df = await reader.query([Position], {
      where: (c) => c.position.x.lt(3),
      sort: 'position__x',
      select: ['position__x'],
    });
    expect([...df.column('position__x')]).toEqual([-1, 2]);
    const byName = await reader.query(['Position'], {
      where: (c: any) => c.position.x.lt(3),
      limit: 1,
    } as never);
    expect(byName.numRows).toBe(1);
  });

  test('unknown columns, names and limits say so', async () => {
    await expect(world.query([Position], { select: ['position__z' as never] })).rejects.toThrow(
      /There is no column "position__z".*position__x/,
    );
    await expect(world.query([Position], { sort: 'nope' as never })).rejects.toThrow(
      /There is no column "nope"/,
    );
    await expect(
      world.query([Position], { where: (c) => (c as never as { z: never }).z }),
    ).rejects.toThrow(/There is no column "z"/);
    await expect(world.query([Position], { where: (c) => c.position.x as never })).rejects.toThrow(
      /filter needs a condition/,
    );
    await expect(world.query([Position], { limit: -1 })).rejects.toThrow(/limit was -1/);
    await expect(world.query(['Nope' as never])).rejects.toMatchObject({
      code: 'unknown_component',
    });
    const fresh = worlds.create('fresh', { processors: [drift] }, { seed: 1 });
    await expect(fresh.query([Position], { where: (c) => c.position.x as never })).rejects.toThrow(
      /filter needs a condition/,
    );
  });
});

describe('toSql', () => {
  test('quotes names, escapes texts and keeps types', () => {
    const name = `a"b`;
    expect(toSql(col(name).eq("it's"))).toBe(`("a""b" = 'it''s')`);
    expect(toSql(col('x').add(0.5).gt(-3))).toBe(`(("x" + '0.5'::double) > (-3))`);
    expect(
      toSql(
        when(col('x').isIn([1, 2]))
          .then('a')
          .otherwise('b'),
      ),
    ).toBe(`(case when ("x" in (1, 2)) then 'a' else 'b' end)`);
    expect(toSql(col('x').sum().over('g', 'h'))).toBe(`sum("x") over (partition by "g", "h")`);
    expect(toSql(col('t').tryCast('i32'))).toBe(`try_cast("t" as integer)`);
  });

  test('refuses what SQL cannot say', () => {
    expect(() => toSql(random('x'))).toThrow(/random has no counterpart in SQL/);
    expect(() => toSql(1 as never)).toThrow(/toSql takes an expression and was given number/);
  });
});
