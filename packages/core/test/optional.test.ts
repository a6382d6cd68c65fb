import {
  bool,
  defineComponent,
  defineProcessor,
  f64,
  i32,
  MemoryStore,
  utf8,
  when,
  Worlds,
  type AnyComponent,
  type Processor,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';

const Body = defineComponent('Body', { mass: f64(1) });
const Fuel = defineComponent('Fuel', {
  litres: f64(5),
  leaking: bool(false),
  note: utf8().nullable(),
});
const Rank = defineComponent('Rank', { level: i32(0) });
const Tag = defineComponent('Tag');

const start = (processors: readonly Processor[], components: readonly AnyComponent[] = []) =>
  new Worlds(new MemoryStore()).create(
    'test',
    { processors, components: [Fuel, Rank, Tag, ...components] },
    { seed: 1 },
  );

/** 1: Body. 2: Body, Fuel. 3: Body, Tag. 4: Body, Fuel, Tag. */
function populate(world: ReturnType<typeof start>): void {
  world.spawn(Body());
  world.spawn(Body(), Fuel({ note: 'two' }));
  world.spawn(Body(), Tag());
  world.spawn(Body(), Fuel({ litres: 9, leaking: true, note: null }), Tag());
}

const scopes = ['table', 'world'] as const;

describe.each(scopes)('optional components, scope "%s"', (scope) => {
  test('their columns are there for all, null where an entity has not the component', async () => {
    const rows: (readonly unknown[])[] = [];
    const look = defineProcessor({
      name: 'look',
      components: [Body],
      optional: [Fuel, Rank],
      scope,
      process: (df) => {
        for (const row of df)
          rows.push([
            row.entity_id,
            row.fuel__litres,
            row.fuel__leaking,
            row.fuel__note,
            row.rank__level,
          ]);
        return df;
      },
    });
    const world = start([look]);
    populate(world);
    await world.step();
    expect(rows.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [1, null, null, null, null],
      [2, 5, false, 'two', null],
      [3, null, null, null, null],
      [4, 9, true, null, null],
    ]);
  });

  test('c.has is a condition, usable in filter, when and withColumns, for any component', async () => {
    const found: Record<string, unknown> = {};
    const collect = (name: string, ids: Int32Array): void => {
      found[name] = [...((found[name] as number[] | undefined) ?? []), ...ids].toSorted(
        (a, b) => a - b,
      );
    };
    const ask = defineProcessor({
      name: 'ask',
      components: [Body],
      optional: [Fuel],
      scope,
      process: (df) => {
        collect('Tag', df.filter((c) => c.has(Tag)).column('entity_id'));
        collect('Body', df.filter((c) => c.has(Body)).column('entity_id'));
        collect('Rank', df.filter((c) => c.has(Rank)).column('entity_id'));
        collect('not Fuel', df.filter((c) => c.has(Fuel).not()).column('entity_id'));
        return df.withColumns((c) => ({
          body__mass: when(c.has(Fuel).and(c.has(Tag)))
            .then(100)
            .when(c.has(Fuel))
            .then(c.fuel.litres.fillNull(0))
            .otherwise(c.body.mass),
        }));
      },
    });
    const world = start([ask]);
    populate(world);
    await world.step();
    expect(found).toEqual({ Tag: [3, 4], Body: [1, 2, 3, 4], Rank: [], 'not Fuel': [1, 3] });
    expect([...(await world.query([Body])).column('body__mass')]).toEqual([1, 5, 1, 100]);
  });

  test('what is written into them goes back to those who have the component', async () => {
    const burn = defineProcessor({
      name: 'burn',
      components: [Body],
      optional: [Fuel],
      scope,
      process: (df) =>
        df.withColumns((c) => ({
          fuel__litres: when(c.has(Fuel)).then(c.fuel.litres.fillNull(0).sub(1)).otherwise(null),
          fuel__note: when(c.has(Tag).and(c.has(Fuel)))
            .then('tagged')
            .otherwise(c.fuel.note),
        })),
    });
    const world = start([burn]);
    populate(world);
    await world.step();
    expect(
      (await world.query([Fuel]))
        .toRows()
        .map((row) => [row.entity_id, row.fuel__litres, row.fuel__note]),
    ).toEqual([
      [2, 4, 'two'],
      [4, 8, 'tagged'],
    ]);
    expect(world.info()).toMatchObject({ entities: 4, tables: 4 });
  });

  test('a value for an entity that has not the component is named', async () => {
    const grant = defineProcessor({
      name: 'grant',
      components: [Body],
      optional: [Rank],
      scope,
      process: (df) => df.withColumns((c) => ({ rank__level: c.rank.level.fillNull(1) })),
    });
    const world = start([grant]);
    populate(world);
    await expect(world.step()).rejects.toMatchObject({
      code: 'processor_schema',
      message:
        'Processor "grant" gave entity 1 a rank__level, and the entity has no rank component; leave the cell null there, test with c.has, or give the component with ctx.addComponents.',
    });
  });

  test('null where the field needs a value is named', async () => {
    const drain = defineProcessor({
      name: 'drain',
      components: [Body],
      optional: [Fuel],
      scope,
      process: (df) => df.withColumns(() => ({ fuel__litres: null })),
    });
    const world = start([drain]);
    populate(world);
    await expect(world.step()).rejects.toMatchObject({
      code: 'processor_schema',
      message: expect.stringMatching(
        /^Processor "drain" left fuel__litres of entity 2 null, and the field needs a value wherever/,
      ),
    });
  });

  test('a column that was not touched is not written', async () => {
    const idle = defineProcessor({
      name: 'idle',
      components: [Body],
      optional: [Fuel],
      scope,
      process: (df) => df.withColumns((c) => ({ fuel__litres: c.fuel.litres })),
    });
    const update = defineProcessor({
      name: 'update',
      components: [Fuel],
      process: (df, ctx) => {
        ctx.update(df, Fuel, { litres: 1 });
        return df;
      },
    });
    const world = start([idle, update]);
    populate(world);
    await world.step();
    expect([...(await world.query([Fuel])).column('fuel__litres')]).toEqual([1, 1]);
  });
});

describe('c.has', () => {
  test('answers for frames that ctx.query gives, and for what is made of frames', async () => {
    const found: unknown[] = [];
    const ask = defineProcessor({
      name: 'ask',
      components: [Body, Fuel, Tag],
      process: (df, ctx) => {
        found.push(
          [
            ...ctx
              .query([Body])
              .filter((c) => c.has(Fuel))
              .column('entity_id'),
          ],
          [...ctx.query([Body], { where: (c) => c.has(Tag) }).column('entity_id')],
          [
            ...ctx
              .query([Fuel])
              .sort('fuel__litres')
              .filter((c) => c.has(Tag).not())
              .column('entity_id'),
          ],
          df.filter((c) => c.has(Fuel)).numRows,
        );
        return df;
      },
    });
    const world = start([ask]);
    populate(world);
    await world.step();
    expect(found).toEqual([[2, 4], [3, 4], [2], 1]);
  });

  test('on a frame of no processor, and for what is no component, is an error that says so', async () => {
    const world = start([]);
    populate(world);
    await world.step();
    const frame = await world.query([Body]);
    expect(() => frame.filter((c) => c.has(Tag))).toThrow(
      'c.has(Tag) was used on a frame that belongs to no processor',
    );
    expect(() => frame.filter((c) => c.has('Tag' as never))).toThrow(/is not a component/);
  });

  test('takes the name "Has" from components', () => {
    expect(() => defineComponent('Has')).toThrow(/A component cannot be called Has/);
  });
});

test('a component that is named twice is refused where the processor is defined', () => {
  const process = (df: never) => df;
  for (const roles of [
    { components: [Body], optional: [Body] },
    { components: [Body], without: [Body] },
    { components: [], optional: [Tag], without: [Tag] },
  ]) {
    expect(() => defineProcessor({ name: 'p', ...roles, process } as never)).toThrow(
      /Processor "p" names (Body|Tag) in (components|without) and in (without|optional)/,
    );
  }
});
