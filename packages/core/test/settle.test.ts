import {
  defineComponent,
  defineProcessor,
  entity,
  f64,
  i32,
  MemoryStore,
  Worlds,
  type Combine,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';

const Energy = defineComponent('Energy', { value: f64(0) });
const Link = defineComponent('Link', { to: entity() });
const Count = defineComponent('Count', { n: i32(0) });
const Mark = defineComponent('Mark');

const start = (...processors: readonly ReturnType<typeof defineProcessor>[]) =>
  new Worlds(new MemoryStore()).create(
    'test',
    { processors, components: [Link, Count, Mark] },
    { seed: 1 },
  );

const add = (name: string, amount: number, combine?: Combine) =>
  defineProcessor({
    name,
    components: [Energy],
    process: (df, ctx) => {
      for (const id of df.column('entity_id')) {
        ctx.update(id, Energy, { value: amount }, combine === undefined ? {} : { combine });
      }
      return df;
    },
  });
const grow = defineProcessor({
  name: 'grow',
  components: [Energy],
  process: (df) => df.withColumns((c) => ({ energy__value: c.energy.value.add(1) })),
});

describe('updates that processors emit', () => {
  test('a sole update sets the field', async () => {
    const world = start(add('a', 5));
    world.spawn(Energy({ value: 1 }));
    await world.step();
    expect([...(await world.query([Energy])).column('energy__value')]).toEqual([5]);
  });

  test.each([
    ['sum', 10 + 1 + 3 + 4],
    ['min', 3],
    ['max', 11],
    ['last', 4],
  ] as const)(
    'combine %s starts from the value that processors computed',
    async (combine, expected) => {
      const world = start(grow, add('a', 3, combine), add('b', 4, combine));
      world.spawn(Energy({ value: 10 }));
      await world.step();
      expect([...(await world.query([Energy])).column('energy__value')]).toEqual([expected]);
    },
  );

  test('two updates of one field, or one of a field that another processor changes, are a conflict', async () => {
    for (const processors of [
      [add('a', 1), add('b', 2)],
      [grow, add('b', 2)],
      [add('a', 1, 'sum'), add('b', 2)],
      [add('a', 1, 'sum'), add('b', 2, 'max')],
    ]) {
      const world = start(...processors);
      world.spawn(Energy({ value: 10 }));
      await expect(world.step()).rejects.toMatchObject({ code: 'write_conflict' });
      expect(world.tick).toBe(0);
    }
  });

  test('an entity that does not exist, or lacks the component, is named', async () => {
    const touch = (name: string, id: number) =>
      defineProcessor({
        name,
        components: [Energy],
        process: (df, ctx) => {
          ctx.update(id, Energy, { value: 1 });
          return df;
        },
      });
    const unknown = start(touch('a', 99));
    unknown.spawn(Energy());
    await expect(unknown.step()).rejects.toMatchObject({
      code: 'processor_failed',
      cause: { code: 'entity_not_found' },
    });
    const lacking = start(touch('a', 2));
    lacking.spawn(Energy());
    lacking.spawn(Count());
    await expect(lacking.step()).rejects.toMatchObject({
      code: 'processor_failed',
      cause: { code: 'component_missing' },
    });
  });
});

describe('births, deaths and moves that processors emit', () => {
  test('a birth gets its id when the tick settles, shows its given values, and can be referred to', async () => {
    const breed = defineProcessor({
      name: 'breed',
      components: [Energy],
      process: (df, ctx) => {
        const child = ctx.spawn(Energy({ value: 100 }));
        ctx.update(child, Energy, { value: 7 });
        ctx.spawn(Link({ to: child }));
        return df;
      },
    });
    const world = start(breed, grow);
    world.spawn(Energy({ value: 1 }));
    await world.step();
    expect(
      (await world.query([Energy])).toRows().map((r) => [r.entity_id, r.energy__value]),
    ).toEqual([
      [1, 2],
      [2, 7],
    ]);
    expect((await world.query([Link])).toRows().map((r) => [r.entity_id, r.link__to])).toEqual([
      [3, 2],
    ]);
  });

  test('a despawned entity leaves a tombstone with the values computed in its last tick', async () => {
    const reap = defineProcessor({
      name: 'reap',
      components: [Energy],
      priority: 20,
      process: (df, ctx) => {
        ctx.despawn(df.filter((c) => c.energy.value.gt(2)).column('entity_id'));
        return df;
      },
    });
    const world = start(grow, reap);
    world.spawn(Energy({ value: 0 }));
    world.spawn(Energy({ value: 2 }));
    await world.step();
    const rows = await world.query([Energy], { ticks: 1, includeInactive: true });
    expect(rows.toRows().map((r) => [r.entity_id, r.energy__value, r.is_active])).toEqual([
      [1, 1, true],
      [2, 3, false],
    ]);
    await world.step();
    expect((await world.query([Energy], { includeInactive: true })).numRows).toBe(1);
  });

  test('an added component moves the entity with its computed values, and a tombstone stays behind', async () => {
    const mark = defineProcessor({
      name: 'mark',
      components: [Energy],
      without: [Mark],
      process: (df, ctx) => {
        for (const id of df.column('entity_id')) ctx.addComponents(id, Mark(), Count({ n: 3 }));
        return df;
      },
    });
    const world = start(grow, mark);
    world.spawn(Energy({ value: 0 }));
    await world.step();
    const rows = await world.query([Energy], { ticks: 1, includeInactive: true });
    expect(rows.toRows().map((r) => [r.energy__value, r.is_active])).toEqual([
      [1, false],
      [1, true],
    ]);
    expect([...(await world.query([Count, Mark])).column('count__n')]).toEqual([3]);
  });

  test('what is emitted about a killed or moved entity is a no-op', async () => {
    const kill = defineProcessor({
      name: 'kill',
      components: [Energy],
      process: (df, ctx) => {
        ctx.despawn(1);
        ctx.despawn([1, 2]);
        ctx.addComponents(1, Mark());
        ctx.update(2, Energy, { value: 9 });
        return df;
      },
    });
    const world = start(kill);
    world.spawn(Energy());
    world.spawn(Energy());
    await world.step();
    expect(world.info().entities).toBe(0);
    expect((await world.query([Energy], { ticks: 1, includeInactive: true })).numRows).toBe(2);
  });
});
