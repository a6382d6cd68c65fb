import {
  ArchetypeError,
  defineProcessor,
  MemoryStore,
  Worlds,
  type Commit,
  type Store,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { Frozen, movement, Position, Velocity } from './models/wandering.ts';

const simulation = { processors: [movement], components: [Frozen] };
const start = (store: Store = new MemoryStore()) =>
  new Worlds(store).create('source', simulation, { seed: 1 });

describe('a fork from now', () => {
  test('shares the past, has its own ids, and never sees what its source does later', async () => {
    const world = start();
    const id = world.spawn(Position(), Velocity({ dx: 1 }));
    await world.run({ steps: 2 });
    const fork = await world.fork();
    expect(fork.info()).toMatchObject({
      name: 'source-fork',
      seed: 1,
      tick: 2,
      forkedAt: { world: world.id, tick: 2, nextEntityId: 2 },
    });
    expect(fork.id).not.toBe(world.id);
    fork.update(id, Velocity, { dx: 100 });
    await Promise.all([world.run({ steps: 2 }), fork.run({ steps: 2 })]);
    const xs = async (w: typeof world) => [
      ...(await w.query([Position], { ticks: 'all' })).column('position__x'),
    ];
    expect(await xs(world)).toEqual([0, 1, 2, 3, 4]);
    expect(await xs(fork)).toEqual([0, 1, 2, 102, 202]);
  });

  test('takes what is staged along, for both', async () => {
    const world = start();
    const id = world.spawn(Position(), Velocity());
    await world.step();
    world.update(id, Velocity, { dx: 5 });
    const born = world.spawn(Position({ x: 9 }), Velocity());
    const fork = await world.fork();
    expect(fork.staged()).toEqual(world.staged());
    fork.despawn(born);
    expect(fork.spawn(Position())).toBe(3);
    await Promise.all([world.step(), fork.step()]);
    expect(
      (await world.query([Position])).toRows().map((r) => [r.entity_id, r.position__x]),
    ).toEqual([
      [1, 5],
      [2, 9],
    ]);
    expect(
      (await fork.query([Position])).toRows().map((r) => [r.entity_id, r.position__x]),
    ).toEqual([
      [1, 5],
      [3, 0],
    ]);
  });

  test('works for unstarted worlds, for forks, and for the branches of destroyed worlds', async () => {
    const world = start();
    world.spawn(Position(), Velocity({ dx: 1 }));
    const early = await world.fork({ name: 'early' });
    expect(early.info()).toMatchObject({ started: false, staged: 1 });
    await Promise.all([world.run({ steps: 1 }), early.run({ steps: 3 })]);
    const child = await world.fork({ name: 'child' });
    await child.step();
    const grandchild = await child.fork({ name: 'grandchild' });
    await child.destroy();
    await world.destroy();
    await grandchild.step();
    const rows = await grandchild.query([Position], { ticks: 'all' });
    expect(rows.toRows().map((r) => [r.world_id, r.position__x])).toEqual([
      [world.id, 0],
      [world.id, 1],
      [child.id, 2],
      [grandchild.id, 3],
    ]);
    expect([...(await early.query([Position], { ticks: 'all' })).column('position__x')]).toEqual([
      0, 1, 2, 3,
    ]);
  });

  test('writes nothing for tables that did not change', async () => {
    const commits: Commit[] = [];
    class Watched extends MemoryStore {
      override append(given: readonly Commit[]): Promise<void> {
        commits.push(...given);
        return super.append(given);
      }
    }
    const world = start(new Watched());
    world.spawn(Position({ x: 1 }), Frozen());
    world.spawn(Position(), Velocity({ dx: 1 }));
    await world.run({ steps: 2 });
    const fork = await world.fork();
    await fork.step();
    const frozen = (commit: Commit) =>
      commit.tables.find(({ signature }) => signature.names.includes('Frozen'));
    expect(commits.map((commit) => (frozen(commit) as { sameAs?: number }).sameAs)).toEqual([
      undefined,
      0,
      0,
      0,
    ]);
    const rows = await fork.query([Frozen, Position], { ticks: 'all' });
    expect(rows.toRows().map((r) => [r.tick, r.position__x])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });
});

describe('a fork from a past tick', () => {
  test('has the state, counters and resources of that tick, and leaves what is staged behind', async () => {
    const world = start();
    const id = world.spawn(Position(), Velocity({ dx: 1 }));
    await world.run({ steps: 3 });
    world.despawn(id);
    world.spawn(Position({ x: 9 }), Frozen());
    await world.run({ steps: 2 });
    world.spawn(Position());
    const past = await world.fork({ at: 2 });
    expect(past.info()).toMatchObject({
      tick: 2,
      entities: 1,
      staged: 0,
      forkedAt: { tick: 2, nextEntityId: 2 },
    });
    past.update(id, Velocity, { dx: 50 });
    expect(past.spawn(Position())).toBe(2);
    await past.run({ steps: 2 });
    const rows = await past.query([Position, Velocity], { ticks: 'all' });
    expect(rows.toRows().map((r) => [r.tick, r.position__x])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 52],
      [4, 102],
    ]);
    const first = await past.fork({ at: 1, name: 'first' });
    expect([...(await first.query([Position])).column('position__x')]).toEqual([1]);
    for (const at of [-1, 6, 1.5])
      await expect(world.fork({ at })).rejects.toMatchObject({ code: 'tick_not_found' });
  });
});

describe('a store that fails', () => {
  test('in the middle of a run: the world stands at the last durable tick with everything staged, and goes on', async () => {
    let failAt = 5;
    class Failing extends MemoryStore {
      override async append(given: readonly Commit[]): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        if (given[0]!.tick === failAt)
          throw new ArchetypeError('commit_failed', 'The disk said no; try again.');
        await super.append(given);
      }
    }
    const world = start(new Failing());
    world.spawn(Position(), Velocity({ dx: 1 }));
    await expect(world.run({ steps: 20 })).rejects.toMatchObject({ code: 'commit_failed' });
    expect(world.tick).toBe(4);
    failAt = 6;
    world.update(1, Velocity, { dx: 10 });
    const id = world.spawn(Position({ x: 7 }), Velocity());
    await world.step();
    world.update(1, Velocity, { dx: 0 });
    world.update(id, Position, { y: 3 });
    await expect(world.step()).rejects.toMatchObject({ code: 'commit_failed' });
    expect(world.staged()).toHaveLength(2);
    failAt = -1;
    await world.step();
    const rows = await world.query([Position], { ticks: 'all', entities: [1] });
    expect([...rows.column('position__x')]).toEqual([0, 1, 2, 3, 4, 14, 14]);
    expect((await world.query([Position], { entities: [id] })).toRows()).toMatchObject([
      { position__x: 7, position__y: 3 },
    ]);
  });
  test('ends a run whose ticks wait: it does not begin again from the tick before', async () => {
    class Failing extends MemoryStore {
      fails = true;
      override async append(given: readonly Commit[]): Promise<void> {
        for (let k = 0; k < 3; k++) await new Promise((resolve) => setImmediate(resolve));
        if (given[0]!.tick === 5 && this.fails) {
          this.fails = false;
          throw new ArchetypeError('commit_failed', 'The disk said no; try again.');
        }
        await super.append(given);
      }
    }
    const store = new Failing();
    const wait = defineProcessor({
      name: 'wait',
      components: [],
      process: async (df) => {
        await new Promise((resolve) => setImmediate(resolve));
        return df;
      },
    });
    const world = new Worlds(store).create('waits', { processors: [movement, wait] }, { seed: 1 });
    world.spawn(Position(), Velocity({ dx: 1 }));
    await expect(world.run({ steps: 20 })).rejects.toMatchObject({ code: 'commit_failed' });
    expect(world.tick).toBe(4);
    await world.run({ steps: 2 });
    expect([...(await world.query([Position], { ticks: 'all' })).column('position__x')]).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
  });

  test('tells who computes on top of the lost tick why it was lost', async () => {
    let [release, stuck] = [(): void => undefined, false];
    const computing = Promise.withResolvers<void>();
    const wait = defineProcessor({
      name: 'wait',
      components: [],
      process: async (df, ctx) => {
        if (ctx.tick < 2 || stuck) return df;
        stuck = true;
        computing.resolve();
        await new Promise<void>((resolve) => (release = resolve));
        return df;
      },
    });
    class Failing extends MemoryStore {
      override async append(given: readonly Commit[]): Promise<void> {
        if (given[0]!.tick === 1 && !stuck) {
          await computing.promise;
          throw new ArchetypeError('commit_failed', 'The disk said no; try again.');
        }
        await super.append(given);
      }
    }
    const world = new Worlds(new Failing()).create('w', { processors: [wait] }, { seed: 1 });
    world.spawn(Position());
    const run = world.run({ steps: 1 });
    const step = world.step();
    step.catch(() => undefined);
    await expect(run).rejects.toMatchObject({ code: 'commit_failed' });
    release();
    await expect(step).rejects.toMatchObject({ code: 'commit_failed' });
    expect(world.tick).toBe(0);
    await world.step();
    expect(world.tick).toBe(1);
  });

  test('everybody whose tick was lost is told, and nobody else', async () => {
    class Failing extends MemoryStore {
      failAt = 3;
      override async append(given: readonly Commit[]): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        if (given[0]!.tick === this.failAt)
          throw new ArchetypeError('commit_failed', 'The disk said no; try again.');
        await super.append(given);
      }
    }
    const store = new Failing();
    const world = start(store);
    world.spawn(Position(), Velocity({ dx: 1 }));
    const [first, second, fork, run] = await Promise.allSettled([
      world.step(),
      world.step(),
      world.fork(),
      world.run({ steps: 5 }),
    ]);
    expect([first.status, second.status, fork.status]).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(run).toMatchObject({ status: 'rejected', reason: { code: 'commit_failed' } });
    expect(world.tick).toBe(2);
    const together = await Promise.allSettled([world.step(), world.step(), world.step()]);
    const lost = together.filter(({ status }) => status === 'rejected').length;
    expect(lost).toBeGreaterThan(0);
    expect(world.tick).toBe(2 + 3 - lost);
    store.failAt = -1;
    await world.run({ steps: 10 - world.tick });
    const rows = await world.query([Position], { ticks: 'all' });
    expect([...rows.column('position__x')]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

test('resuming takes over writing: the former writer is stale, and knows it', async () => {
  const store = new MemoryStore();
  const [here, there] = [new Worlds(store), new Worlds(store)];
  const former = here.create('w', simulation);
  former.spawn(Position(), Velocity({ dx: 1 }));
  await former.step();
  const latter = await there.resume('w', simulation);
  former.spawn(Position());
  await expect(former.step()).rejects.toMatchObject({ code: 'stale_writer' });
  expect(former.tick).toBe(1);
  await latter.step();
  expect([...(await latter.query([Position])).column('position__x')]).toEqual([2]);
});

describe('queries', () => {
  test('unknown ticks and names are refused; entities, without and ranges pick rows', async () => {
    const world = start();
    for (let k = 0; k < 4; k++)
      world.spawn(Position({ x: k }), ...(k % 2 === 0 ? [Frozen()] : [Velocity({ dx: 1 })]));
    await world.run({ steps: 3 });
    expect((await world.query([Position], { without: [Frozen] })).numRows).toBe(2);
    expect((await world.query([Position], { entities: [1, 2], ticks: { from: 2 } })).numRows).toBe(
      4,
    );
    expect((await world.query([Position], { ticks: 99 })).numRows).toBe(0);
    expect((await world.query([], { ticks: 1 })).columnNames).toEqual([
      'world_id',
      'run_id',
      'entity_id',
      'tick',
      'is_active',
    ]);
    await expect(world.query([Position], { ticks: 'last' as never })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(world.query([Position], { ticks: { from: 3, to: 1 } })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(world.query(['Positon' as never])).rejects.toMatchObject({
      code: 'unknown_component',
      message: expect.stringContaining('"Position"'),
    });
  });

  test('a store told to keep one tick forgets older ones by name, but not those that a fork needs', async () => {
    const worlds = new Worlds(new MemoryStore({ keep: 1 }));
    const world = worlds.create('w', simulation);
    world.spawn(Position(), Velocity({ dx: 1 }));
    await world.run({ steps: 3 });
    const fork = await world.fork();
    await world.run({ steps: 3 });
    await expect(world.query([Position], { ticks: 1 })).rejects.toMatchObject({
      code: 'tick_not_retained',
    });
    expect([...(await fork.query([Position])).column('position__x')]).toEqual([3]);
    expect(() => new MemoryStore({ keep: 0 })).toThrow(/at least 1/);
  });
});
