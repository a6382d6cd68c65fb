import {
  ArchetypeError,
  defineProcessor,
  MemoryStore,
  Worlds,
  type DataFrame,
  type SimulationDefinition,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { Frozen, movement, Position, Velocity } from './models/wandering.ts';

const start = (
  simulation: SimulationDefinition = { processors: [movement], components: [Frozen] },
) => new Worlds(new MemoryStore()).create('test', simulation, { seed: 1 });

const cells = (df: DataFrame, ...names: readonly string[]) =>
  df.toRows().map((row) => names.map((name) => (row as Record<string, unknown>)[name]));

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ArchetypeError) return error.code;
    throw error;
  }
  return 'none';
};

describe('tick 0 is what was given', () => {
  test('the quickstart stores (0,0) (1,2) (2,4) (3,6) at ticks 0 to 3', async () => {
    const world = start();
    world.spawn(Position({ x: 0, y: 0 }), Velocity({ dx: 1, dy: 2 }));
    await world.run({ steps: 3 });
    const rows = await world.query([Position], { ticks: 'all' });
    expect(cells(rows, 'tick', 'position__x', 'position__y')).toEqual([
      [0, 0, 0],
      [1, 1, 2],
      [2, 2, 4],
      [3, 3, 6],
    ]);
  });

  test('a new world is unstarted and gives no rows; run of 0 steps commits tick 0 alone', async () => {
    const world = start();
    world.spawn(Position({ x: 7 }), Velocity({ dx: 1 }));
    expect(world.info()).toMatchObject({ started: false, tick: 0, staged: 1 });
    expect((await world.query([Position])).numRows).toBe(0);
    await world.run({ steps: 0 });
    expect(world.info()).toMatchObject({ started: true, tick: 0, staged: 0 });
    expect(cells(await world.query([Position]), 'tick', 'position__x')).toEqual([[0, 7]]);
  });

  test('an entity born later shows its given values in the tick of its birth', async () => {
    const world = start();
    await world.run({ steps: 2 });
    world.spawn(Position({ x: 5 }), Velocity({ dx: 1 }));
    await world.run({ steps: 2 });
    const rows = await world.query([Position], { ticks: 'all' });
    expect(cells(rows, 'tick', 'position__x')).toEqual([
      [3, 5],
      [4, 6],
    ]);
  });

  test('a tick without rows still commits', async () => {
    const world = start();
    const { finalTick } = await world.run({ steps: 4 });
    expect(finalTick).toBe(4);
  });
});

describe('what is staged is input to the next tick', () => {
  test('an updated velocity moves the entity in the very next step', async () => {
    const world = start();
    const id = world.spawn(Position({ x: 0 }), Velocity({ dx: 1 }));
    await world.step();
    world.update(id, Velocity, { dx: 10 });
    await world.step();
    expect(
      cells(await world.query([Position, Velocity]), 'position__x', 'velocity__dx', 'velocity__dy'),
    ).toEqual([[11, 10, 0]]);
  });

  test('a despawned entity leaves one tombstone with its last values, then nothing', async () => {
    const world = start();
    const id = world.spawn(Position({ x: 0 }), Velocity({ dx: 1 }));
    await world.run({ steps: 2 });
    world.despawn(id);
    await world.run({ steps: 3 });
    const rows = await world.query([Position], { ticks: 'all', includeInactive: true });
    expect(cells(rows, 'tick', 'position__x', 'is_active')).toEqual([
      [0, 0, true],
      [1, 1, true],
      [2, 2, true],
      [3, 2, false],
    ]);
  });

  test('added components move the entity, and processors of the new archetype see it in the same tick', async () => {
    const world = start();
    const id = world.spawn(Position({ x: 3 }));
    await world.step();
    world.addComponents(id, Velocity({ dx: 2 }));
    await world.step();
    const rows = await world.query([Position], { ticks: 2, includeInactive: true });
    expect(cells(rows, 'entity_id', 'position__x', 'is_active')).toEqual([
      [id, 3, false],
      [id, 5, true],
    ]);
    world.removeComponents(id, Velocity);
    await world.step();
    expect(cells(await world.query([Position]), 'position__x')).toEqual([[5]]);
    expect((await world.query([Velocity])).numRows).toBe(0);
  });

  test('mutations of one tick compose in order', async () => {
    const world = start();
    const changed = world.spawn(Position({ x: 1 }), Velocity());
    world.update(changed, Position, { x: 2 });
    world.update(changed, Position, { y: 3 });
    const gone = world.spawn(Position());
    world.despawn(gone);
    await world.run({ steps: 0 });
    expect(
      cells(
        await world.query([Position], { includeInactive: true }),
        'entity_id',
        'position__x',
        'position__y',
      ),
    ).toEqual([[changed, 2, 3]]);
    world.addComponents(changed, Frozen());
    world.removeComponents(changed, Frozen);
    await world.step();
    const rows = await world.query([Position], { includeInactive: true });
    expect(cells(rows, 'entity_id', 'is_active')).toEqual([[changed, true]]);
    const next = world.spawn(Position());
    expect(next).toBe(3);
  });

  test('move and death in one tick leave one tombstone, where the last row is', async () => {
    const world = start();
    const id = world.spawn(Position({ x: 1 }), Velocity());
    await world.run({ steps: 0 });
    world.addComponents(id, Frozen());
    world.despawn(id);
    expect(code(() => world.update(id, Position, { x: 1 }))).toBe('entity_not_found');
    await world.step();
    const rows = await world.query([Position], { ticks: 1, includeInactive: true });
    expect(cells(rows, 'entity_id', 'is_active')).toEqual([[id, false]]);
    expect((await world.query([Frozen], { ticks: 'all', includeInactive: true })).numRows).toBe(0);
  });

  test('spawnMany takes rows or a frame, and its births can be changed before they are born', async () => {
    const world = start();
    const ids = world.spawnMany([
      [Position({ x: 1 }), Velocity({ dx: 1 })],
      [Velocity({ dx: 2 }), Position({ x: 2 })],
      [Position({ x: 3 }), Velocity({ dx: 3 })],
    ]);
    world.update(ids[1]!, Position, { x: 20 });
    world.despawn(ids[0]!);
    await world.step();
    expect(cells(await world.query([Position]), 'entity_id', 'position__x')).toEqual([
      [2, 22],
      [3, 6],
    ]);
    const copies = world.spawnMany(await world.query([Position]));
    expect([...copies]).toEqual([4, 5]);
    await world.step();
    expect((await world.query([Position])).numRows).toBe(4);
  });

  test('discard drops what is staged, and staged lists it', async () => {
    const world = start();
    world.spawn(Position());
    expect(world.staged()).toMatchObject([{ kind: 'spawn', entity: 1 }]);
    world.discard();
    await world.step();
    expect(world.info().entities).toBe(0);
    expect(world.spawn(Position())).toBe(2);
  });
});

describe('a failing tick', () => {
  const failing = { on: true };
  const trap = defineProcessor({
    name: 'trap',
    components: [Position],
    process: (df) => {
      if (failing.on) throw new Error('the trap is shut.');
      return df;
    },
  });

  test('writes nothing, keeps what was staged, and leaves the world usable', async () => {
    failing.on = false;
    const world = start({ processors: [trap, movement] });
    const id = world.spawn(Position(), Velocity({ dx: 1 }));
    await world.step();
    world.update(id, Velocity, { dx: 5 });
    failing.on = true;
    await expect(world.step()).rejects.toMatchObject({
      code: 'processor_failed',
      message: expect.stringMatching(
        /"trap" on Position, Velocity \(a_2c_s.*\) failed in tick 2: the trap is shut\./,
      ),
    });
    expect(world.tick).toBe(1);
    expect(world.staged()).toHaveLength(1);
    failing.on = false;
    await world.step();
    expect(cells(await world.query([Position]), 'tick', 'position__x')).toEqual([[2, 6]]);
  });

  test('uses no entity ids', async () => {
    const breeder = defineProcessor({
      name: 'breeder',
      components: [Position],
      process: (df, ctx) => {
        ctx.spawn(Velocity());
        if (failing.on) ctx.update(1, Position, { x: 1 });
        if (failing.on) ctx.update(1, Position, { x: 2 });
        return df;
      },
    });
    const world = start({ processors: [breeder] });
    world.spawn(Position());
    failing.on = true;
    await expect(world.step()).rejects.toMatchObject({ code: 'write_conflict' });
    failing.on = false;
    await world.step();
    expect([...(await world.query([Velocity])).column('entity_id')]).toEqual([2]);
  });
});

describe('bad input', () => {
  test('unknown and dead entities, missing components and refused values are named at the call', async () => {
    const world = start();
    const id = world.spawn(Position());
    expect(code(() => world.despawn(99))).toBe('entity_not_found');
    expect(code(() => world.update(id, Velocity, { dx: 1 }))).toBe('component_missing');
    expect(code(() => world.update(id, Position, { x: Number.NaN }))).toBe('invalid_value');
    expect(code(() => Position({ x: Number.NaN }))).toBe('invalid_value');
    // @ts-expect-error a field that does not exist
    expect(code(() => Position({ z: 1 }))).toBe('invalid_value');
    // @ts-expect-error a component is not a value
    expect(code(() => world.spawn(Position))).toBe('invalid_argument');
    expect(code(() => world.spawn(Position(), Position()))).toBe('invalid_argument');
    world.despawn(id);
    expect(code(() => world.despawn(id))).toBe('entity_not_found');
  });

  test('a closed world refuses to spawn and to step', async () => {
    const world = start();
    await world.step();
    await world.close();
    expect(code(() => world.spawn(Position()))).toBe('world_closed');
    await expect(world.step()).rejects.toMatchObject({ code: 'world_closed' });
  });

  test('a destroyed world takes no more ticks, and its rows stay readable', async () => {
    const worlds = new Worlds(new MemoryStore());
    const world = worlds.create('gone', { processors: [movement] });
    world.spawn(Position());
    await world.step();
    await world.destroy();
    expect(code(() => world.spawn(Position()))).toBe('world_destroyed');
    expect((await world.query([Position])).numRows).toBe(1);
    await expect(worlds.resume('gone', { processors: [movement] })).rejects.toMatchObject({
      code: 'world_destroyed',
    });
  });
});
