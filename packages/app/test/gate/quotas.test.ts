import { operations, type App } from '@archetype/app';
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
  viewer,
} from './arena.ts';

let store: MemoryStore;
let clock: Clock;
let app: App;
let world: ReturnType<App['world']>;

const open = (quotas: Parameters<typeof appOver>[1] = {}): App =>
  appOver(store, { clock: clock.read, ...quotas });
const tokens = async (of: App, id: string): Promise<number> => {
  await of.audit({ limit: 1 });
  return (
    (await store.quotas()).find(({ actor: who, scope }) => who === id && scope === 'tokens')
      ?.used ?? 0
  );
};

beforeEach(async () => {
  store = new MemoryStore();
  clock = new Clock();
  app = open();
  world = app.world('w', arena, { seed: 1 });
  world.spawn(Position(), Health());
  await world.run({ steps: 0 });
});

describe('costs', () => {
  test('are as promised', () => {
    const costs = Object.fromEntries(
      Object.entries(operations).map(([type, { cost }]) => [type, cost]),
    );
    expect(costs).toEqual({
      spawn: { base: 10 },
      step: { base: 10 },
      despawn: { base: 5 },
      update: { base: 8 },
      add_components: { base: 8 },
      remove_components: { base: 5 },
      message: { base: 3 },
      custom: { base: 10 },
      query: { base: 5 },
      get_world: { base: 2 },
      list_worlds: { base: 2 },
      list_processors: { base: 2 },
      list_hooks: { base: 2 },
      list_resources: { base: 2 },
      list_signatures: { base: 2 },
      list_components: { base: 2 },
      get_audit: { base: 2 },
      get_command: { base: 2 },
      create_world: { base: 50 },
      fork_world: { base: 100 },
      destroy_world: { base: 10 },
      resume_world: { base: 50 },
      add_processor: { base: 15 },
      remove_processor: { base: 10 },
      add_hook: { base: 10 },
      remove_hook: { base: 10 },
      set_resource: { base: 10 },
      cancel_command: { base: 5 },
      run: { base: 50, perTick: 1 },
      run_episode: { base: 50, perTick: 1, cap: 500 },
      run_rollout: { base: 50, perTick: 1, cap: 500 },
    });
  });

  test('of many entities are those of each', async () => {
    await world.as(player).spawnMany([[Position()], [Position()], [Position()]]);
    expect(await tokens(app, 'pia')).toBe(30);
  });

  test('of long work are reserved, and what was not needed is given back', async () => {
    const as = world.as(operator);
    await as.runEpisode({ maxSteps: 1000, terminal: { component: Position, mode: 'any' } });
    expect(await tokens(app, 'otto')).toBe(50);
    await as.runEpisode({ maxSteps: 7 });
    expect(await tokens(app, 'otto')).toBe(50 + 57);
    await as.runRollout({ numEpisodes: 3, episode: { maxSteps: 2 } });
    expect(await tokens(app, 'otto')).toBe(107 + 3 * 52);
    await as.run({ steps: 4 });
    expect(await tokens(app, 'otto')).toBe(263 + 54);
    const stop = new AbortController();
    const stopped = as.run({
      steps: 500,
      signal: stop.signal,
      onProgress: ({ ticksCompleted }) => {
        if (ticksCompleted === 3) stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    const more = (await tokens(app, 'otto')) - 317;
    expect(more).toBeGreaterThanOrEqual(53);
    expect(more).toBeLessThan(150);
  });

  test('that cannot be paid are refused before anything is done', async () => {
    const poor = open({ quotas: { tokensPerDay: 400 } });
    const place = poor.world('poor', arena);
    await place.run({ steps: 0 });
    await expect(
      place.as(operator).runRollout({ numEpisodes: 1, episode: {} }),
    ).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: {
        limit: 400,
        remaining: 400,
        cost: 500,
        resetsAt: Date.parse('2026-03-05T00:00:00Z'),
      },
      message: expect.stringContaining('400 of your 400 for 2026-03-04 remain; ask for less.'),
    });
    expect((await poor.list()).map(({ name }) => name)).toEqual(['w', 'poor']);
    await place.as(operator).run({ steps: 350 });
    await expect(place.as(operator).step()).rejects.toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringContaining('2026-03-05T00:00:00'),
    });
  });
});

describe('500 commands in a tick of a world', () => {
  test('pass, the next is refused, and the tick after takes some again', async () => {
    const as = world.as(player);
    for (let k = 0; k < 500; k++) await as.send({ to: 1, content: k });
    await expect(as.send({ to: 1, content: 'more' })).rejects.toMatchObject({
      code: 'quota_exceeded',
      details: { limit: 500, remaining: 0, resetsAtTick: 1 },
      message: expect.stringMatching(/500 .* 0 remain until it leaves tick 0/),
    });
    const other = app.world('other', arena);
    await other.run({ steps: 0 });
    await other.as(player).spawn(Position());
    await world.as(operator).step();
    await as.send({ to: 1, content: 'again' });
  });

  test('are counted for each actor, and stay counted when the process ends', async () => {
    const small = open({ quotas: { commandsPerTick: 2 } });
    const place = small.world('small', arena);
    await place.run({ steps: 0 });
    for (let k = 0; k < 2; k++) await place.as(player).spawn(Position());
    await place.as(operator).spawn(Position());
    await small.close();
    const later = open({ quotas: { commandsPerTick: 2 } });
    const again = await later.resume('small', arena);
    await expect(again.as(player).spawn(Position())).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    await again.as(operator).spawn(Position());
    expect(await tokens(later, 'pia')).toBe(20);
  });

  test('count all that a batch has before any of it is charged', async () => {
    const small = open({ quotas: { commandsPerTick: 3 } });
    const place = small.world('small', arena);
    await place.run({ steps: 0 });
    const batch = Array.from({ length: 4 }, () => ({
      type: 'spawn' as const,
      payload: spawned(1),
    }));
    await expect(place.as(player).submitBatch(batch)).rejects.toMatchObject({
      code: 'quota_exceeded',
      details: { remaining: 3 },
    });
    expect(await tokens(small, 'pia')).toBe(0);
    await place.as(player).submitBatch(batch.slice(1));
  });
});

describe('the tokens of a day', () => {
  test('come again with the next day, and not when the clock is set back', async () => {
    const poor = open({ quotas: { tokensPerDay: 25 } });
    const place = poor.world('poor', arena);
    await place.run({ steps: 0 });
    const spawn = (): Promise<number> => place.as(player).spawn(Position());
    await spawn();
    await spawn();
    await expect(spawn()).rejects.toMatchObject({ code: 'budget_exceeded' });
    clock.now -= 3 * 86_400_000;
    await expect(spawn()).rejects.toMatchObject({ code: 'budget_exceeded' });
    clock.now += 4 * 86_400_000;
    await spawn();
  });

  test('are the most that any role of the actor has', async () => {
    const host = open({
      quotas: {
        tokensPerDay: 5,
        roles: {
          player: { tokensPerDay: 20 },
          operator: { tokensPerDay: Infinity, costs: { spawn: 1 } },
        },
      },
    });
    const place = host.world('roles', arena);
    await place.run({ steps: 0 });
    await place.as(player).spawn(Position());
    await place.as(player).spawn(Position());
    await expect(place.as(player).spawn(Position())).rejects.toMatchObject({
      details: { limit: 20 },
    });
    await expect(place.as(admin).step()).rejects.toMatchObject({ details: { limit: 5 } });
    await place.as(actor('rich', 'player', 'operator')).spawn(Position());
    expect(await tokens(host, 'rich')).toBe(1);
  });

  test('are used by what is refused for its content, and not by what is forbidden, repeated or not written down', async () => {
    await expect(world.as(player).despawn(99)).rejects.toMatchObject({ code: 'entity_not_found' });
    expect(await tokens(app, 'pia')).toBe(5);
    await expect(world.as(viewer).despawn(1)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await tokens(app, 'vera')).toBe(0);
    const command = {
      type: 'spawn' as const,
      world: world.id,
      payload: spawned(1),
      idempotencyKey: 'k',
    };
    for (let k = 0; k < 3; k++) await app.as(player).execute(command);
    expect(await tokens(app, 'pia')).toBe(15);
    class Failing extends MemoryStore {
      failing = false;
      override async accept(given: Parameters<MemoryStore['accept']>[0]): Promise<void> {
        if (this.failing) throw new Error('disk');
        await super.accept(given);
      }
    }
    const failing = new Failing();
    const host = appOver(failing, { clock: clock.read });
    const place = host.world('failing', arena);
    await place.run({ steps: 0 });
    await place.as(player).spawn(Position());
    failing.failing = true;
    await expect(place.as(player).spawn(Position())).rejects.toThrow('disk');
    failing.failing = false;
    await host.audit({ limit: 1 });
    const record = (await failing.quotas()).find(({ scope }) => scope === 'tokens');
    expect(record!.used).toBe(10);
    expect(place.info().staged).toBe(1);
  });
});

test.each([
  [{ tokensPerDay: -1 }, /tokensPerDay was -1/],
  [
    { roles: { player: { commandsPerTick: Number.NaN } } },
    /roles\.player\.commandsPerTick was NaN/,
  ],
  [{ costs: { spwan: 1 } }, /names "spwan"/],
  [{ costs: { spawn: Infinity } }, /costs\.spawn was/],
])('limits like %j are refused when the app is made', (quotas, message) => {
  expect(() => open({ quotas })).toThrow(message);
});
