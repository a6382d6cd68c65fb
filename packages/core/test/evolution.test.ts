import {
  bool,
  defineComponent,
  defineProcessor,
  f64,
  i32,
  MemoryStore,
  utf8,
  Worlds,
  type AnyComponent,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';

const versions = {
  one: defineComponent('Body', { mass: i32(1), name: utf8('x') }),
  two: defineComponent('Body', { mass: f64(1), heat: f64(20) }),
  three: defineComponent('Body', { mass: f64(1), heat: f64(99), note: utf8().nullable() }),
};
const simulation = (component: AnyComponent) => ({
  components: [component],
  processors: [
    defineProcessor({
      name: 'grow',
      components: [component as typeof versions.two],
      process: (df) => df.withColumns((c) => ({ body__mass: c.body.mass.add(1) })),
    }),
  ],
});

/** A world with a tick under the first definition and one under the second. */
async function evolved() {
  const store = new MemoryStore();
  const world = new Worlds(store).create('w', simulation(versions.one), { seed: 1 });
  world.spawn(versions.one({ mass: 5 }));
  await world.run({ steps: 1 });
  await world.close();
  const second = await new Worlds(store).resume('w', simulation(versions.two));
  await second.step();
  await second.close();
  return store;
}

describe('a world resumed under a changed definition', () => {
  test('goes on with the defaults of new fields and wider numbers; all its past is readable', async () => {
    const store = await evolved();
    const third = await new Worlds(store).resume('w', simulation(versions.three));
    const id = third.spawn(versions.three({ note: 'new' }));
    await third.run({ steps: 1 });
    const rows = await third.query([versions.three], { ticks: 'all', entities: [1] });
    expect(
      rows.toRows().map((row) => [row.tick, row.body__mass, row.body__heat, row.body__note]),
    ).toEqual([
      [0, 5, 20, null],
      [1, 6, 20, null],
      [2, 7, 20, null],
      [3, 8, 20, null],
    ]);
    const [born] = (await third.query([versions.three], { entities: [id] })).toRows();
    expect([born!.body__heat, born!.body__note]).toEqual([99, 'new']);
    const old = await third.fork({ at: 0 });
    await old.step();
    expect((await old.query([versions.three])).toRows()[0]).toMatchObject({
      body__mass: 6,
      body__heat: 20,
    });
    const reader = await new Worlds(store).attach('w');
    expect([...(await reader.query([versions.three], { ticks: 0 })).column('body__heat')]).toEqual([
      20,
    ]);
    const where = await reader.query([versions.three], {
      ticks: 'all',
      where: (c) => c.body.heat.gt(50),
    });
    expect(where.column('entity_id')).toEqual(new Int32Array([id]));
  });

  test('an unchanged table is written once more under the new definition, then not again', async () => {
    const store = new MemoryStore();
    const still = defineComponent('Still', { a: f64(1) });
    const world = new Worlds(store).create('w', { components: [still] }, { seed: 1 });
    world.spawn(still());
    await world.run({ steps: 3 });
    await world.close();
    const changed = defineComponent('Still', { a: f64(1), b: bool(true) });
    const second = await new Worlds(store).resume('w', { components: [changed] });
    await second.run({ steps: 2 });
    const rows = await second.query([changed], { ticks: 'all' });
    expect(rows.toRows().map((row) => row.still__b)).toEqual(Array(6).fill(true));
  });

  test('what cannot be read says what changed, field by field, and leaves the world as it was', async () => {
    const store = await evolved();
    const narrower = defineComponent('Body', { mass: i32(1), heat: utf8('warm'), fresh: f64() });
    const worlds = new Worlds(store);
    await expect(worlds.resume('w', { components: [narrower] })).rejects.toMatchObject({
      code: 'schema_conflict',
      message:
        'Body was stored under a definition that this one cannot read: mass was f64 and is i32; heat was f64 and is utf8; fresh is new, and f64 has no default for older rows. Give a new field a default or make it nullable, widen numbers only, or give the changed component a new name.',
    });
    await expect(worlds.resume('w', {})).rejects.toThrow(/which the simulation does not define/);
    const reader = await worlds.attach('w');
    await expect(reader.query([narrower])).rejects.toMatchObject({ code: 'schema_conflict' });
    expect((await reader.query([versions.two])).numRows).toBe(1);
    const world = await worlds.resume('w', simulation(versions.two));
    await world.step();
    expect(world.tick).toBe(3);
  });
});
