import type { App } from '@archetype/app';
import { MemoryStore } from '@archetype/core';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  actor,
  admin,
  appOver,
  arena,
  Clock,
  Health,
  operator,
  player,
  Position,
  spawned,
  Velocity,
  viewer,
} from './arena.ts';

/** What command gates of other systems are known to get wrong; each by what went wrong there. */

let store: MemoryStore;
let clock: Clock;
let app: App;
let world: ReturnType<App['world']>;

beforeEach(async () => {
  store = new MemoryStore();
  clock = new Clock();
  app = appOver(store, { clock: clock.read });
  world = app.world('w', arena, { seed: 1 });
  world.spawn(Position(), Health());
  await world.run({ steps: 0 });
});

const update = (entity_id: number, x: number) => ({
  type: 'update' as const,
  payload: { entity_id, components: [{ type: 'Position', x }] },
});
const x = async (entity = 1): Promise<number | undefined> =>
  (await world.query([Position], { entities: [entity] })).column('position__x')[0];

describe('queued commands', () => {
  test('updates that did nothing and were counted as applied: they are applied, or say why not', async () => {
    await world.as(player).submit(update(1, 5));
    const missing = await world.as(player).submit(update(9, 5));
    expect((await world.step()).commandsApplied).toBe(1);
    expect(await x()).toBe(5);
    expect(await world.as(viewer).command(missing.command)).toMatchObject({ status: 'rejected' });
  });

  test('types that no drain handles: only what a tick can apply is let into the queue', async () => {
    for (const command of [
      { type: 'create_world', payload: { name: 'x' } },
      { type: 'destroy_world', world: world.id },
      { type: 'run', world: world.id, payload: { steps: 1 } },
      { type: 'query', world: world.id },
    ])
      await expect(app.as(admin).submit(command as never)).rejects.toMatchObject({
        code: 'not_deferrable',
      });
    expect(await store.commands({})).toEqual([]);
  });

  test('a failing command lost, with those behind it: it alone is rejected, and its error is kept', async () => {
    const [bad, good] = await world.as(operator).submitBatch([
      { type: 'remove_components', payload: { entity_id: 1, types: ['Velocity'] } },
      { type: 'remove_components', payload: { entity_id: 1, types: ['Health'] } },
    ]);
    await world.step();
    expect(await world.as(viewer).command(bad!.command)).toMatchObject({
      status: 'rejected',
      code: 'component_missing',
      message: expect.stringContaining('Velocity'),
    });
    expect((await world.as(viewer).command(good!.command)).status).toBe('applied');
  });

  test('components removed by name that stayed: names are looked up, and unknown ones refused', async () => {
    const as = world.as(operator);
    await as.submit({ type: 'remove_components', payload: { entity_id: 1, types: ['Health'] } });
    await world.step();
    expect((await world.query([Health])).numRows).toBe(0);
    await expect(
      as.submit({ type: 'remove_components', payload: { entity_id: 1, types: ['Healt'] } }),
    ).rejects.toMatchObject({ code: 'unknown_component' });
  });

  test('components added to a pending birth, births and deaths of one tick: they compose', async () => {
    const as = world.as(operator);
    const { entities } = await as.submit({ type: 'spawn', payload: spawned(1) });
    await as.submit({
      type: 'add_components',
      payload: { entity_id: entities[0]!, components: [{ type: 'Health', points: 3 }] },
    });
    const second = await as.submit({ type: 'spawn', payload: spawned(2) });
    await as.submit({ type: 'despawn', payload: { entity_id: second.entities[0]! } });
    expect((await world.step()).commandsApplied).toBe(4);
    const rows = await world.query([Position, Velocity, Health], { includeInactive: true });
    expect(rows.toRows().map((row) => [row.entity_id, row.health__points])).toEqual([
      [entities[0], 3],
    ]);
  });

  test('the actor forgotten, and the command changed under way: both are kept as they were given', async () => {
    const payload = { entity_id: 1, components: [{ type: 'Position', x: 5 }] };
    const roles = ['player'];
    const { command } = await app.as({ id: 'pia', roles }).submit({
      type: 'update',
      world: world.id,
      payload,
    });
    payload.components[0]!.x = 99;
    roles.push('admin');
    await world.step();
    expect(await x()).toBe(5);
    expect(await world.as(viewer).command(command)).toMatchObject({
      actor: { id: 'pia', roles: ['player'] },
      payload: { components: [{ type: 'Position', x: 5 }] },
    });
  });

  test('left behind by a world that ended: they are cancelled with it', async () => {
    const { command } = await world.as(player).submit({ ...update(1, 5), tick: 50 });
    await world.destroy();
    expect((await store.commands({ id: command }))[0]!.status).toBe('cancelled');
  });

  test('ids of pending births given to others, also beside trusted births: each is given once', async () => {
    const given: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, k) => {
        if (k % 4 === 0) given.push(world.spawn(Position()));
        else
          given.push(
            (await world.as(player).submit({ type: 'spawn', payload: spawned(k) })).entities[0]!,
          );
      }),
    );
    expect(new Set(given).size).toBe(20);
    await world.step();
    expect(world.info().entities).toBe(21);
  });
});

describe('quotas', () => {
  test('never reset: a tick, and a day, give new ones', async () => {
    const host = appOver(store, {
      clock: clock.read,
      quotas: { commandsPerTick: 1, tokensPerDay: 25 },
    });
    const place = host.world('p', arena);
    await place.run({ steps: 0 });
    const spawn = () => place.as(player).spawn(Position());
    await spawn();
    await expect(spawn()).rejects.toMatchObject({ code: 'quota_exceeded' });
    await place.step();
    await spawn();
    await place.step();
    await expect(spawn()).rejects.toMatchObject({ code: 'budget_exceeded' });
    clock.now += 86_400_000;
    await spawn();
  });

  test('charged for a batch that is refused: it is checked as a whole first', async () => {
    const host = appOver(store, { clock: clock.read, quotas: { tokensPerDay: 25 } });
    const place = host.world('p', arena);
    await place.run({ steps: 0 });
    const three = Array.from({ length: 3 }, () => ({
      type: 'spawn' as const,
      payload: spawned(1),
    }));
    await expect(place.as(player).submitBatch(three)).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: { remaining: 25 },
    });
    await place.as(player).submitBatch(three.slice(1));
  });

  test('shared by all apps of a process: each app counts its own', async () => {
    const quotas = { commandsPerTick: 1 };
    for (let k = 0; k < 3; k++) {
      const host = appOver(new MemoryStore(), { quotas });
      const place = host.world('p', arena);
      await place.run({ steps: 0 });
      expect(await place.as(player).spawn(Position())).toBe(1);
    }
  });

  test('a rollout cheaper than one of its episodes: it costs what they do', async () => {
    const host = appOver(store, { quotas: { tokensPerDay: 999 } });
    const place = host.world('p', arena);
    await place.run({ steps: 0 });
    await expect(
      place.as(operator).runRollout({ numEpisodes: 2, episode: { maxSteps: 1000 } }),
    ).rejects.toMatchObject({ code: 'budget_exceeded', details: { cost: 1000 } });
  });
});

describe('audit rows', () => {
  test('that stay queued for ever: what became of the command is told with its row', async () => {
    await world.as(player).submit(update(1, 5));
    await world.step();
    const [row] = (await world.audit({ type: 'update' })).rows;
    expect(row).toMatchObject({
      status: 'queued',
      tick: 0,
      roles: ['player'],
      outcome: { status: 'applied', tick: 1 },
    });
  });

  test('without failures and refusals: they are in it, with their codes', async () => {
    await world
      .as(viewer)
      .step()
      .catch(() => undefined);
    await world
      .as(player)
      .despawn(99)
      .catch(() => undefined);
    await world
      .as(operator)
      .fork({ at: 99 })
      .catch(() => undefined);
    const { rows } = await world.audit();
    expect(rows.map(({ status, code, outcome }) => code ?? outcome?.code ?? status)).toEqual([
      'tick_not_found',
      'entity_not_found',
      'forbidden',
    ]);
  });

  test('filtered by ticks that were not looked at: they are', async () => {
    await world.as(player).spawn(Position());
    await world.run({ steps: 3 });
    await world.as(player).spawn(Position());
    const { rows } = await world.audit({ ticks: { from: 2, to: 3 } });
    expect(rows.map(({ tick }) => tick)).toEqual([3]);
  });

  test('that batches of births never wrote: one for the command', async () => {
    await world.as(player).spawnMany([[Position()], [Position()]]);
    const { rows } = await world.audit();
    expect(rows.map(({ type, summary }) => [type, summary])).toEqual([['spawn', { entities: 2 }]]);
  });
});

describe('worlds', () => {
  test('orphaned by a name that is taken: nothing is made', async () => {
    await expect(
      app.as(admin).execute({ type: 'create_world', payload: { name: 'w' } }),
    ).rejects.toMatchObject({ code: 'world_exists' });
    expect((await app.list()).map(({ name }) => name)).toEqual(['w']);
  });

  test('that always have no entities: they are counted', async () => {
    expect((await world.as(viewer).info()).entities).toBe(1);
  });

  test('read under another run than was asked for: a run tells the one on its rows', async () => {
    const { runId } = await world.as(operator).run({ steps: 1 });
    const rows = await world.query([Position]);
    expect(rows.column('run_id')[0]).toBe(runId);
  });

  test('stored where a caller says: no command takes a path', async () => {
    for (const extra of ['storage_uri', 'namespace', 'uri', 'storage'])
      await expect(
        app.as(admin).execute({
          type: 'create_world',
          payload: { name: 'x', [extra]: '/etc' },
        } as never),
      ).rejects.toMatchObject({ code: 'invalid_command' });
  });

  test('stepped twice at once: ticks take turns', async () => {
    const [a, b] = await Promise.all([world.as(operator).step(), world.as(operator).step()]);
    expect([a.finalTick, b.finalTick]).toEqual([1, 2]);
    expect(world.tick).toBe(2);
  });
});

describe('behaviour over the gate', () => {
  test('component of an end by its name, which was never met: it is met', async () => {
    const { result } = await app.as(operator).execute({
      type: 'run_episode',
      world: world.id,
      payload: { maxSteps: 9, terminal: { component: 'Health', mode: 'any' } },
    });
    expect(result).toMatchObject({ terminated: true, durationSteps: 0 });
  });

  test('messages that did nothing: they reach the tick after', async () => {
    await world.as(player).send({ to: 1, content: 'hello' });
    await world.run({ steps: 2 });
    expect((await world.messages()).column('delivered')).toEqual([true]);
  });

  test('custom commands swallowed: without a handler they are refused', async () => {
    await expect(world.as(player).custom('anything')).rejects.toMatchObject({ code: 'no_handler' });
    await expect(
      world.as(player).submit({ type: 'custom', payload: { action: 'anything' } }),
    ).rejects.toMatchObject({ code: 'no_handler' });
  });

  test('quotas and roles by an id that anybody can take: SYSTEM is nobody from outside', () => {
    expect(() => world.as(actor('SYSTEM', 'admin'))).toThrow(/SYSTEM/);
  });
});
