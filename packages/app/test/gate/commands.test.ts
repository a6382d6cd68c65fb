import type { App, Receipt } from '@archetype/app';
import { MemoryStore, type StoredCommand } from '@archetype/core';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  admin,
  appOver,
  arena,
  Health,
  operator,
  player,
  Position,
  quiet,
  spawned,
  viewer,
  Wind,
} from './arena.ts';

let store: MemoryStore;
let app: App;
let world: ReturnType<App['world']>;

beforeEach(async () => {
  store = new MemoryStore();
  app = appOver(store);
  world = app.world('w', arena, { seed: 1 });
  await world.run({ steps: 0 });
});

const positions = async (): Promise<readonly (readonly [number, number])[]> =>
  (await world.query([Position])).toRows().map((row) => [row.entity_id, row.position__x]);
const stored = async (id: string): Promise<StoredCommand | undefined> =>
  (await store.commands({ id }))[0];

describe('a direct mutation', () => {
  test('is staged for the next tick, written down with its ids, and settled by that tick', async () => {
    const id = await world.as(player).spawn(Position({ x: 3 }));
    expect(world.info().staged).toBe(1);
    const [before] = await store.commands({ type: 'spawn' });
    expect(before).toMatchObject({
      status: 'queued',
      reserved: [id],
      actor: { id: 'pia', roles: ['player'] },
      world: world.id,
      payload: { components: [{ type: 'Position', x: 3, y: 0 }] },
    });
    const { commandsApplied } = await world.step();
    expect(commandsApplied).toBe(1);
    expect(await positions()).toEqual([[id, 3]]);
    expect(await stored(before!.id)).toMatchObject({ status: 'applied', settledAt: { tick: 1 } });
  });

  test('does each thing that a world can be asked for', async () => {
    const as = world.as(operator);
    const [one, two] = await as.spawnMany([[Position({ x: 1 })], [Position(), Health()]]);
    await world.step();
    await as.update(one!, Position, { x: 7 });
    await as.addComponents(one!, Health({ points: 5 }));
    await as.removeComponents(two!, Position);
    await as.send({ to: two!, from: one!, content: { hi: 'é' } });
    await as.setResource(Wind(2));
    await world.step();
    expect(await positions()).toEqual([[one, 7]]);
    const health = await world.query([Health]);
    expect(health.toRows().map((row) => [row.entity_id, row.health__points])).toEqual([
      [one, 5],
      [two, 100],
    ]);
    expect((await world.messages()).numRows).toBe(1);
    expect(world.resources.get(Wind)).toBe(2);
    await as.despawn(two!);
    await world.step();
    expect(world.info().entities).toBe(1);
    expect(await store.commands({ status: 'queued' })).toEqual([]);
  });

  test('sees what was asked for before it', async () => {
    const as = world.as(player);
    const id = await as.spawn(Position());
    await as.update(id, Position, { x: 9 });
    await as.despawn(id);
    await expect(as.update(id, Position, { x: 1 })).rejects.toMatchObject({
      code: 'entity_not_found',
    });
    await world.step();
    expect(await positions()).toEqual([]);
  });

  test.each([
    [
      'an entity that there is not',
      { type: 'despawn', payload: { entity_id: 99 } },
      'entity_not_found',
      /Entity 99/,
    ],
    [
      'a component that it has not',
      { type: 'update', payload: { entity_id: 1, components: [{ type: 'Health', points: 1 }] } },
      'component_missing',
      /Entity 1 has no Health/,
    ],
    [
      'a component that nobody knows',
      { type: 'spawn', payload: { components: [{ type: 'Positon' }] } },
      'unknown_component',
      /did you mean "Position"/,
    ],
    [
      'a field that it has not',
      { type: 'spawn', payload: { components: [{ type: 'Position', z: 1 }] } },
      'invalid_value',
      /z/,
    ],
    [
      'a value of another type',
      { type: 'spawn', payload: { components: [{ type: 'Position', x: 'far' }] } },
      'invalid_value',
      /x:/,
    ],
    [
      'a value without a type',
      { type: 'spawn', payload: { components: [{ x: 1 }] } },
      'invalid_command',
      /components\.0\.type/,
    ],
    [
      'a component twice',
      { type: 'spawn', payload: { components: [{ type: 'Position' }, { type: 'Position' }] } },
      'invalid_value',
      /twice/,
    ],
    [
      'nothing to bear',
      { type: 'spawn', payload: {} },
      'invalid_command',
      /give components of one entity, or entities/,
    ],
    [
      'a field more in the payload',
      { type: 'despawn', payload: { entity_id: 1, why: 'so' } },
      'invalid_command',
      /why/,
    ],
    [
      'a field more in the command',
      { type: 'despawn', payload: { entity_id: 1 }, extra: 1 },
      'invalid_command',
      /extra/,
    ],
    [
      'a type that there is not',
      { type: 'spwan', payload: {} },
      'invalid_command',
      /did you mean "spawn"/,
    ],
    [
      'a tick, though it is done at once',
      { type: 'despawn', payload: { entity_id: 1 }, tick: 4 },
      'invalid_command',
      /submit it/,
    ],
    [
      'something that JSON cannot hold',
      { type: 'message', payload: { to: 1, content: Number.NaN } },
      'invalid_command',
      /NaN/,
    ],
  ])('with %s is refused, and changes nothing', async (_what, command, code, message) => {
    await world.as(player).spawn(Position());
    await world.step();
    const before = await store.commands({});
    await expect(
      app.as(operator).execute({ ...command, world: world.id } as never),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(world.staged()).toEqual([]);
    expect(await store.commands({})).toEqual(before);
  });

  test.each([null, 7, 'spawn', [], {}])('cannot be made of %j', async (given) => {
    await expect(app.as(admin).execute(given as never)).rejects.toMatchObject({
      code: 'invalid_command',
    });
  });

  test('about a world that there is not, or that does not run, says which', async () => {
    await expect(app.as(player).world('nowhere').spawn(Position())).rejects.toMatchObject({
      code: 'world_not_found',
    });
    await world.close();
    await expect(world.as(player).spawn(Position())).rejects.toMatchObject({
      code: 'world_closed',
    });
  });

  test('uses no entity id when it is refused', async () => {
    const as = world.as(player);
    await expect(as.update(9, Position, { x: 1 })).rejects.toMatchObject({
      code: 'entity_not_found',
    });
    await expect(as.spawn()).rejects.toMatchObject({ code: 'invalid_command' });
    expect(await as.spawn(Position())).toBe(1);
  });
});

describe('a deferred command', () => {
  test('waits for its tick, with its id from the start', async () => {
    const { command, entities } = await world
      .as(player)
      .submit({ type: 'spawn', payload: spawned(1), tick: 3 });
    expect(entities).toEqual([1]);
    expect(await stored(command)).toMatchObject({ status: 'queued', tick: 3, deferred: true });
    await world.run({ steps: 2 });
    expect(await positions()).toEqual([]);
    expect((await world.step()).commandsApplied).toBe(1);
    expect(await positions()).toEqual([[1, 1]]);
    expect(await stored(command)).toMatchObject({ status: 'applied', settledAt: { tick: 3 } });
  });

  test('without a tick, or for one that is past, is applied by the next one', async () => {
    await world.run({ steps: 5 });
    const as = world.as(player);
    await as.submit({ type: 'spawn', payload: spawned(1) });
    await as.submit({ type: 'spawn', payload: spawned(2), tick: 2 });
    await world.step();
    expect(await positions()).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test('is applied in the order of tick, priority and acceptance, after direct ones', async () => {
    const id = world.spawn(Position(), Health());
    await world.step();
    const as = world.as(operator);
    const set = (note: string, more: object) =>
      as.submit({
        type: 'update',
        payload: { entity_id: id, components: [{ type: 'Health', note }] },
        ...more,
      });
    await set('fourth', { priority: 5 });
    await set('second', { priority: -1 });
    await set('third', { priority: 5 });
    await as.update(id, Health, { note: 'first' });
    const order: string[] = [];
    world.on('preTick', ({ world: now }) => {
      for (const mutation of now.staged())
        if (mutation.kind === 'update') order.push(String(mutation.fields['note']));
    });
    await world.step();
    expect(order).toEqual(['first', 'second', 'fourth', 'third']);
  });

  test('an update is applied, and counted only when it is', async () => {
    const id = world.spawn(Position());
    await world.step();
    const as = world.as(player);
    const good = await as.submit({
      type: 'update',
      payload: { entity_id: id, components: [{ type: 'Position', x: 4 }] },
    });
    const bad = await as.submit({
      type: 'update',
      payload: { entity_id: 77, components: [{ type: 'Position', x: 4 }] },
    });
    expect((await world.step()).commandsApplied).toBe(1);
    expect(await positions()).toEqual([[id, 4]]);
    expect((await as.command(good.command)).status).toBe('applied');
    expect(await as.command(bad.command)).toMatchObject({
      status: 'rejected',
      code: 'entity_not_found',
      message: expect.stringContaining('77'),
      settledAt: { tick: 2 },
    });
  });

  test('is refused at once for what no tick could make right', async () => {
    const as = world.as(player);
    await expect(
      as.submit({ type: 'spawn', payload: { components: [{ type: 'Nobody' }] } }),
    ).rejects.toMatchObject({ code: 'unknown_component' });
    expect(await store.commands({})).toEqual([]);
  });

  test.each(['step', 'query', 'create_world', 'add_processor', 'set_resource'] as const)(
    'cannot be a %s',
    async (type) => {
      const payloads = {
        step: {},
        query: {},
        create_world: { name: 'x' },
        add_processor: { name: 'wither' },
        set_resource: { name: 'wind', value: 1 },
      };
      const about = type === 'create_world' ? {} : { world: world.id };
      await expect(
        app.as(admin).submit({ type, payload: payloads[type], ...about } as never),
      ).rejects.toMatchObject({ code: 'not_deferrable' });
    },
  );

  test('becomes part of tick 0 when its world has not started', async () => {
    const fresh = app.world('fresh', arena);
    await fresh.as(player).submit({ type: 'spawn', payload: spawned(6) });
    await fresh.run({ steps: 1 });
    const rows = await fresh.query([Position], { ticks: 'all' });
    expect(rows.toRows().map((row) => [row.tick, row.position__x])).toEqual([
      [0, 6],
      [1, 7],
    ]);
  });

  test('stays behind when its world is forked', async () => {
    await world.as(player).submit({ type: 'spawn', payload: spawned(6), tick: 2 });
    const fork = await world.fork();
    await fork.run({ steps: 3 });
    expect(fork.info().entities).toBe(0);
  });
});

describe('a batch', () => {
  test('is queued in its order', async () => {
    const receipts = await world.as(player).submitBatch([
      { type: 'spawn', payload: spawned(1) },
      { type: 'spawn', payload: { entities: [spawned(2), spawned(3)] } },
    ]);
    expect(receipts.map(({ entities }) => entities)).toEqual([[1], [2, 3]]);
    await world.step();
    expect(world.info().entities).toBe(3);
  });

  test('is all or nothing: one that is refused refuses all, and no id is used', async () => {
    const as = world.as(player);
    await expect(
      as.submitBatch([
        { type: 'spawn', payload: spawned(1) },
        { type: 'spawn', payload: { components: [{ type: 'Nobody' }] } },
      ]),
    ).rejects.toMatchObject({ code: 'unknown_component' });
    await expect(
      as.submitBatch([
        { type: 'spawn', payload: spawned(1) },
        { type: 'remove_components', payload: { entity_id: 1, types: ['Position'] } },
      ]),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(await store.commands({})).toEqual([]);
    await world.step();
    expect(world.info().entities).toBe(0);
    expect(await as.spawn(Position())).toBe(1);
  });

  test('of nothing gives nothing, and has to be a list', async () => {
    expect(await app.as(player).submitBatch([])).toEqual([]);
    await expect(app.as(player).submitBatch({} as never)).rejects.toMatchObject({
      code: 'invalid_command',
    });
    const long = Array.from({ length: 1001 }, () => ({
      type: 'spawn' as const,
      payload: spawned(1),
    }));
    await expect(world.as(player).submitBatch(long)).rejects.toMatchObject({
      code: 'invalid_command',
      message: expect.stringContaining('1001 commands long'),
    });
  });
});

describe('cancelling', () => {
  test('takes a command out of its queue, and its id is not given again', async () => {
    const as = world.as(player);
    const { command } = await as.submit({ type: 'spawn', payload: spawned(1), tick: 4 });
    await as.cancel(command);
    await world.run({ steps: 5 });
    expect(world.info().entities).toBe(0);
    expect((await as.command(command)).status).toBe('cancelled');
    await expect(as.cancel(command)).rejects.toMatchObject({ code: 'command_settled' });
    expect(await as.spawn(Position())).toBe(2);
  });

  test("of others' commands is for those who operate the world", async () => {
    const { command } = await world.as(player).submit({ type: 'spawn', payload: spawned(1) });
    const other = world.as({ id: 'paul', roles: ['player'] });
    await expect(other.cancel(command)).rejects.toMatchObject({ code: 'command_not_found' });
    await world.as(operator).cancel(command);
    expect((await stored(command))?.status).toBe('cancelled');
  });

  test('of what was never accepted says so', async () => {
    await expect(world.as(player).cancel('nothing')).rejects.toMatchObject({
      code: 'command_not_found',
    });
    await expect(world.as(viewer).command('nothing')).rejects.toMatchObject({
      code: 'command_not_found',
    });
  });

  test('comes with the end of the world', async () => {
    const { command } = await world
      .as(player)
      .submit({ type: 'spawn', payload: spawned(1), tick: 9 });
    const direct = await world.as(player).spawn(Position());
    await world.as(operator).destroy();
    expect(await stored(command)).toMatchObject({
      status: 'cancelled',
      message: expect.stringContaining('destroyed'),
    });
    const ends = (await store.commands({ world: world.id })).map(({ type, status }) => [
      type,
      status,
    ]);
    expect(ends).toEqual([
      ['spawn', 'cancelled'],
      ['spawn', 'cancelled'],
      ['destroy_world', 'queued'],
    ]);
    expect(direct).toBe(2);
    await app.close();
    expect((await store.commands({ type: 'destroy_world' }))[0]!.status).toBe('applied');
  });
});

describe('custom commands', () => {
  test('reach the handler that is registered for their action', async () => {
    const told: unknown[] = [];
    const log: unknown[] = [];
    const host = appOver(store, {
      logger: { ...quiet, error: (message, fields) => void log.push([message, fields]) },
      handlers: {
        gift: (where, payload, { actor, command }) => {
          told.push([payload, where.name, actor.id, typeof command]);
          where.spawn(Position({ x: (payload as { x: number }).x }));
        },
        nothing: () => undefined,
        broken: (where) => {
          where.spawn(Position());
          throw new Error('the password is hunter2');
        },
        // oxlint-disable-next-line typescript/no-misused-promises -- that is what is refused
        late: async () => {
          await Promise.resolve();
          throw new Error('too late');
        },
      },
    });
    const place = host.world('place', arena);
    await place.run({ steps: 0 });
    await place.as(player).custom('gift', { x: 5 });
    await place
      .as(player)
      .submit({ type: 'custom', payload: { action: 'gift', payload: { x: 6 } } });
    await place.as(player).custom('nothing');
    expect((await place.step()).commandsApplied).toBe(3);
    expect(told).toEqual([
      [{ x: 5 }, 'place', 'pia', 'string'],
      [{ x: 6 }, 'place', 'pia', 'string'],
    ]);
    expect(place.info().entities).toBe(2);
    for (const action of ['broken', 'late']) {
      await expect(place.as(player).custom(action)).rejects.toMatchObject({
        code: 'callback_failed',
        message: expect.not.stringContaining('hunter2'),
      });
    }
    expect(place.info().staged).toBe(0);
    expect(JSON.stringify(log)).toContain('handler of \\"broken\\" failed');
    expect(log).toHaveLength(3);
    await expect(place.as(player).custom('gfit')).rejects.toMatchObject({
      code: 'no_handler',
      message: expect.stringContaining('did you mean "gift"'),
    });
  });
});

describe('what comes again', () => {
  test('with one key happens once, and gives the same', async () => {
    const as = app.as(player);
    const command = {
      type: 'spawn' as const,
      world: world.id,
      payload: spawned(1),
      idempotencyKey: 'k',
    };
    const first = await as.execute(command);
    const again = await as.execute(command);
    expect(again).toEqual({ ...first, replayed: true });
    const [a, b] = await Promise.all([
      as.submit({ ...command, idempotencyKey: 'k2' }),
      as.submit({ ...command, idempotencyKey: 'k2' }),
    ]);
    expect(b).toEqual(a);
    await world.step();
    expect(world.info().entities).toBe(2);
  });

  test('with one key and other content is refused, and keys are the own ones', async () => {
    const about = { type: 'spawn' as const, world: world.id, idempotencyKey: 'k' };
    await app.as(player).execute({ ...about, payload: spawned(1) });
    await expect(app.as(player).execute({ ...about, payload: spawned(2) })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    await app.as(operator).execute({ ...about, payload: spawned(3) });
    await world.step();
    expect((await positions()).map(([, x]) => x)).toEqual([1, 3]);
  });

  test('of runs and worlds gives their first result, also in another process', async () => {
    const run = {
      type: 'run' as const,
      world: world.id,
      payload: { steps: 3 },
      idempotencyKey: 'r',
    };
    const create = {
      type: 'create_world' as const,
      payload: { name: 'other', simulation: 'arena' },
      idempotencyKey: 'c',
    };
    const first = await app.as(admin).execute(run);
    const created = await app.as(admin).execute(create);
    expect((await app.as(admin).execute(run)).result).toMatchObject({ ticksCompleted: 3 });
    await app.close();
    const later = appOver(store);
    const again = await later.as(admin).execute(run);
    expect(again.result).toEqual(first.result);
    expect((await later.as(admin).execute(create)).result).toEqual(created.result);
    expect((await later.list()).map(({ name, newestTick }) => [name, newestTick])).toEqual([
      ['w', 3],
      ['other', -1],
    ]);
  });

  test('of what failed gives the same failure', async () => {
    const command = {
      type: 'fork_world' as const,
      world: world.id,
      payload: { at: 99 },
      idempotencyKey: 'f',
    };
    const first = await app
      .as(operator)
      .execute(command)
      .catch((error: unknown) => error);
    const again = await app
      .as(operator)
      .execute(command)
      .catch((error: unknown) => error);
    expect(first).toMatchObject({ code: 'tick_not_found' });
    expect(again).toMatchObject({ code: 'tick_not_found', message: (first as Error).message });
  });

  test('inside one batch, or by an id of the caller, is one command too', async () => {
    const command = { type: 'spawn' as const, payload: spawned(1), idempotencyKey: 'b' };
    const [a, b] = (await world.as(player).submitBatch([command, command])) as [Receipt, Receipt];
    expect(b).toEqual(a);
    expect(await world.as(player).submitBatch([command, command])).toEqual([a, a]);
    const id = '01981b2c-7a00-7000-8000-000000000001';
    const own = { ...command, idempotencyKey: 'own', id };
    expect((await world.as(player).submit(own)).command).toBe(id);
    const { idempotencyKey: _, ...byId } = own;
    expect((await world.as(player).submit(byId)).command).toBe(id);
    await world.step();
    expect(world.info().entities).toBe(2);
  });
});

describe('when the process ends', () => {
  test('what was accepted is there again: direct ones first, ids kept, nothing twice', async () => {
    const as = world.as(player);
    const applied = await as.spawn(Position({ x: 1 }));
    await world.step();
    const direct = await as.spawn(Position({ x: 2 }));
    const late = await as.submit({ type: 'spawn', payload: spawned(3), tick: 5 });
    const next = await as.submit({ type: 'spawn', payload: spawned(4) });
    const gone = await as.submit({ type: 'spawn', payload: spawned(5), tick: 9 });
    await as.cancel(gone.command);
    // The process ends here: nobody closes anything.
    const later = appOver(store);
    const again = await later.resume('w', arena);
    expect(again.info().staged).toBe(1);
    await again.step();
    const rows = await again.query([Position]);
    expect(rows.toRows().map((row) => [row.entity_id, row.position__x])).toEqual([
      [applied, 1],
      [direct, 2],
      [next.entities[0], 4],
    ]);
    await again.run({ steps: 3 });
    expect(again.info().entities).toBe(4);
    expect((await stored(late.command))?.settledAt?.tick).toBe(5);
    expect(again.spawn(Position())).toBe(gone.entities[0]! + 1);
    expect(await store.commands({ status: 'queued', type: 'spawn' })).toEqual([]);
  });

  test('while it ran something, that is said to have been interrupted', async () => {
    void world
      .as(operator)
      .run({ steps: 100_000 })
      .catch(() => undefined);
    await expect.poll(async () => store.commands({ type: 'run' })).toHaveLength(1);
    const later = appOver(store);
    await later.as(viewer).execute({ type: 'list_worlds' });
    expect(await store.commands({ type: 'run' })).toMatchObject([
      { status: 'rejected', code: 'interrupted' },
    ]);
    await world.close();
  });

  test('what waited for a world that was destroyed in between is cancelled', async () => {
    const { command } = await world
      .as(player)
      .submit({ type: 'spawn', payload: spawned(3), tick: 5 });
    await store.destroy((await store.claim(world.id)).lease);
    const later = appOver(store);
    await later.as(viewer).execute({ type: 'list_worlds' });
    expect((await stored(command))?.status).toBe('cancelled');
  });
});
