import { createPolicy, commandTypes, type App } from '@archetype/app';
import { defineProcessor, MemoryStore, type DataFrame } from '@archetype/core';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  actor,
  admin,
  appOver,
  arena,
  operator,
  player,
  Position,
  quiet,
  spawned,
  viewer,
} from './arena.ts';

/** A store whose writes can be made to wait, or to fail. */
class Slow extends MemoryStore {
  waiting: Promise<void> | undefined;
  appending: Promise<void> | undefined;
  failing: { accept?: Error; append?: Error; create?: Error } = {};

  override async accept(given: Parameters<MemoryStore['accept']>[0]): Promise<void> {
    const { waiting } = this;
    if (given.commands !== undefined || given.settled !== undefined) await waiting;
    if (this.failing.accept !== undefined && Object.keys(given).length > 0)
      throw this.failing.accept;
    await super.accept(given);
  }

  override async append(commits: Parameters<MemoryStore['append']>[0]): Promise<void> {
    await this.appending;
    this.appending = undefined;
    if (this.failing.append !== undefined) throw this.failing.append;
    await super.append(commits);
  }

  override async create(record: Parameters<MemoryStore['create']>[0]) {
    if (this.failing.create !== undefined) throw this.failing.create;
    return super.create(record);
  }

  /** Writes of commands wait until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting = promise;
    return () => {
      this.waiting = undefined;
      resolve();
    };
  }
}

let store: Slow;
let app: App;
let world: ReturnType<App['world']>;

beforeEach(async () => {
  store = new Slow();
  app = appOver(store);
  world = app.world('w', arena, { seed: 1 });
  await world.run({ steps: 0 });
  // The gate is ready.
  await world.as(viewer).info();
});

const later = (tick: number) => ({ type: 'spawn' as const, payload: spawned(tick), tick });
const stepped = (): Promise<unknown> => new Promise((resolve) => void setTimeout(resolve, 1));
const statuses = async (): Promise<readonly string[]> =>
  (await store.commands({ type: 'spawn' })).map(({ status }) => status);

describe('a world that is closed and gone on with in one process', () => {
  test('has what waits for it once', async () => {
    await world.as(player).submit(later(3));
    const gone = await world.as(player).submit(later(3));
    await world.close();
    const again = await app.resume(world.id, arena);
    await again.as(player).cancel(gone.command);
    await again.run({ steps: 5 });
    expect(again.info().entities).toBe(1);
    expect(await statuses()).toEqual(['applied', 'cancelled']);
  });

  test('waits for commands that are being written down, and has them', async () => {
    const release = store.hold();
    const receipt = world.as(player).submit(later(3));
    const direct = world.as(player).spawn(Position());
    await stepped();
    const closing = world.close();
    await expect(world.as(player).spawn(Position())).rejects.toMatchObject({
      code: 'world_closed',
    });
    release();
    await closing;
    await Promise.all([receipt, direct]);
    const again = await app.resume(world.id, arena);
    await again.run({ steps: 4 });
    expect(again.info().entities).toBe(2);
    expect(await statuses()).toEqual(['applied', 'applied']);
  });

  test('gives no id away while it is being resumed', async () => {
    const { entities } = await world.as(player).submit(later(9));
    await world.close();
    const [again, early] = await Promise.all([
      app.resume(world.id, arena),
      world
        .as(player)
        .spawn(Position())
        .catch((error: { code: string }) => error.code),
    ]);
    expect(early).toBe('world_closed');
    expect(await again.as(player).spawn(Position())).toBe(entities[0]! + 1);
  });

  test('is taken by one of two who resume it at once, and that one can write', async () => {
    await world.close();
    const resume = () => app.as(operator).execute({ type: 'resume_world', world: world.id });
    const both = await Promise.allSettled([resume(), resume()]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await app.as(operator).world(world.id).step();
  });
});

describe('a handle of a world that was closed', () => {
  test('has nothing to do with the world that is gone on with', async () => {
    await world.close();
    const again = await app.resume(world.id, arena);
    await again.as(player).submit(later(2));
    await world.close();
    await again.run({ steps: 3 });
    expect(again.info().entities).toBe(1);
  });

  test('has come to its end before anybody can go on with the world', async () => {
    await world.as(player).submit(later(1));
    const { promise, resolve } = Promise.withResolvers<void>();
    store.appending = promise;
    const failing = world.step().catch(() => 'failed');
    await stepped();
    const closing = world.close();
    const resuming = app.resume(world.id, arena);
    store.failing.append = new Error('disk');
    resolve();
    expect(await failing).toBe('failed');
    await closing;
    store.failing = {};
    const again = await resuming;
    await again.run({ steps: 3 });
    expect(again.info().entities).toBe(1);
    expect(await statuses()).toEqual(['applied']);
  });

  test('does not lose or repeat a command that is cancelled meanwhile', async () => {
    const { command } = await world.as(player).submit(later(2));
    const release = store.hold();
    const cancelling = world.as(player).cancel(command);
    await stepped();
    const closing = world.close();
    release();
    const outcome = await cancelling.then(
      () => 'cancelled',
      (error: { code: string }) => error.code,
    );
    await closing;
    const again = await app.resume(world.id, arena);
    await again.run({ steps: 3 });
    const [status] = await statuses();
    expect([outcome, status, again.info().entities]).toEqual(
      outcome === 'cancelled' ? ['cancelled', 'cancelled', 0] : ['world_closed', 'applied', 1],
    );
  });

  test('is not destroyed while it is resumed, nor the other way round', async () => {
    await world.close();
    const results = await Promise.allSettled([
      app.as(operator).world(world.id).destroy(),
      app.resume(world.id, arena),
      app.as(operator).world(world.id).destroy(),
    ]);
    expect(results.map(({ status }) => status)).toContain('fulfilled');
    expect(await app.as(viewer).worlds()).toMatchObject([{ live: false, destroyed: true }]);
    await expect(app.resume(world.id, arena)).rejects.toMatchObject({ code: 'world_destroyed' });
  });
});

describe('what was acknowledged and cannot be done any more', () => {
  test('is rejected by the tick that finds it so, and not said to be applied', async () => {
    const id = await world.as(player).spawn(Position());
    await world.step();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.processors.add(
      defineProcessor({
        name: 'reaper',
        components: [Position],
        process: async (df, ctx) => {
          await promise;
          ctx.despawn(df.column('entity_id'));
          return df;
        },
      }),
    );
    const running = world.step();
    await stepped();
    await world.as(player).update(id, Position, { x: 9 });
    resolve();
    await running;
    await world.step();
    const [update] = await store.commands({ type: 'update' });
    expect(update).toMatchObject({ status: 'rejected', code: 'entity_not_found' });
  });

  test('is rejected when the birth that it counted on went back into the queue', async () => {
    const { entities } = await world.as(player).submit(later(1));
    const { promise, resolve } = Promise.withResolvers<void>();
    store.appending = promise;
    const failing = world.step().catch(() => 'failed');
    await stepped();
    await world.as(player).update(entities[0]!, Position, { x: 777 });
    store.failing.append = new Error('disk');
    resolve();
    expect(await failing).toBe('failed');
    store.failing = {};
    await world.step();
    const all = await store.commands({});
    expect(all.map(({ type, status }) => [type, status])).toEqual([
      ['spawn', 'applied'],
      ['update', 'rejected'],
    ]);
    expect((await world.query([Position])).column('position__x')[0]).toBe(1);
  });

  test('gives the same refusal to whoever asks again', async () => {
    const id = await world.as(player).spawn(Position());
    await world.step();
    const command = {
      type: 'despawn' as const,
      world: world.id,
      payload: { entity_id: id },
      idempotencyKey: 'd',
    };
    const release = store.hold();
    const first = app.as(player).execute(command);
    await stepped();
    world.despawn(id);
    await world.step();
    release();
    await expect(first).rejects.toMatchObject({ code: 'entity_not_found' });
    await world.step();
    await expect(app.as(player).execute(command)).rejects.toMatchObject({
      code: 'entity_not_found',
    });
  });
});

describe('code of the host that is called inside of a command', () => {
  test('cannot close the app, which would wait for itself', async () => {
    const codes: string[] = [];
    world.on('preTick', async () => {
      await app.close().catch((error: { code: string }) => codes.push(error.code));
    });
    await world.as(operator).step();
    expect(codes).toEqual(['reentrant_step']);
    await app.close();
  });

  test('cannot wait for the key that it runs under', async () => {
    const codes: string[] = [];
    const command = {
      type: 'step' as const,
      world: world.id,
      idempotencyKey: 'k',
    };
    world.on('preTick', async () => {
      await app
        .as(operator)
        .execute(command)
        .catch((error: { code: string }) => codes.push(error.code));
    });
    await app.as(operator).execute(command);
    expect(codes).toEqual(['idempotency_conflict']);
  });

  test('cannot drop what others staged', async () => {
    const host = appOver(store, {
      handlers: { wipe: (where) => (where as unknown as { discard(): void }).discard() },
    });
    const place = host.world('wiped', arena);
    await place.run({ steps: 0 });
    await place.as(player).spawn(Position());
    await expect(place.as(player).custom('wipe')).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(place.info().staged).toBe(1);
  });

  test('is heard when a hook gives the step up: what was due waits again', async () => {
    await world.as(player).submit(later(1));
    const stop = new AbortController();
    const hook = world.on('preTick', () => stop.abort());
    await expect(world.step({ signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' });
    hook.remove();
    expect(world.info().staged).toBe(0);
    await world.step();
    expect(await statuses()).toEqual(['applied']);
  });
});

describe('a world that is destroyed', () => {
  test('cancels what is being written down for it', async () => {
    const release = store.hold();
    const receipt = world.as(player).submit(later(3));
    await stepped();
    const ending = world.destroy();
    release();
    await Promise.all([receipt, ending]);
    expect(await statuses()).toEqual(['cancelled']);
  });
});

describe('a tick that fails', () => {
  test('leaves deferred commands waiting: for their tick, behind direct ones, and to be cancelled', async () => {
    await world.as(player).submit(later(4));
    const poison = await world.as(player).submit(later(1));
    world.processors.add(
      defineProcessor({
        name: 'fussy',
        components: [Position],
        process: (df: DataFrame) => df,
      }),
    );
    store.failing.append = new Error('disk');
    await expect(world.run({ steps: 3 })).rejects.toThrow('disk');
    store.failing = {};
    expect(world.info().staged).toBe(0);
    await world.as(player).cancel(poison.command);
    await world.run({ steps: 3 });
    expect(world.info().entities).toBe(0);
    await world.step();
    expect(world.info().entities).toBe(1);
    expect(await statuses()).toEqual(['applied', 'cancelled']);
  });

  test('keeps direct ones, once, through runs of many ticks that fail and go on', async () => {
    for (let round = 0; round < 5; round++) {
      await world.as(player).spawn(Position({ x: round }));
      store.failing.append = new Error('disk');
      await expect(world.run({ steps: 7 })).rejects.toThrow('disk');
      store.failing = {};
      if (round % 2 === 1) await world.run({ steps: 3 });
    }
    await world.step();
    const rows = await world.query([Position]);
    expect([...rows.column('position__x')]).toEqual([0, 1, 2, 3, 4]);
    expect(await statuses()).toEqual(Array.from({ length: 5 }, () => 'applied'));
  });
});

describe('keys', () => {
  test('under way elsewhere are waited for: a batch that shares one is all or nothing', async () => {
    const command = (key: string) => ({ ...later(2), idempotencyKey: key });
    const release = store.hold();
    const first = world.as(player).submit(command('a'));
    await stepped();
    const batch = world.as(player).submitBatch([command('a'), command('b')]);
    const back = world.as(player).submitBatch([command('b'), command('a')]);
    store.failing.accept = new Error('disk');
    release();
    await expect(first).rejects.toThrow('disk');
    await expect(batch).rejects.toThrow('disk');
    await expect(back).rejects.toThrow('disk');
    store.failing = {};
    expect(await store.commands({})).toEqual([]);
    const [a] = await world.as(player).submitBatch([command('a'), command('b')]);
    expect((await world.as(player).submit(command('a'))).command).toBe(a!.command);
    expect(await statuses()).toEqual(['queued', 'queued']);
    expect(await app.verifyAudit()).toMatchObject({ sound: true });
  });

  test('of work that is done are not lost when its end cannot be written at once', async () => {
    const run = {
      type: 'run' as const,
      world: world.id,
      payload: { steps: 3 },
      idempotencyKey: 'r',
    };
    const off = world.on('postTick', ({ tick }) => {
      if (tick === 3) store.failing.accept = new Error('disk');
    });
    const { result } = await app.as(operator).execute(run);
    off.remove();
    expect(result).toMatchObject({ finalTick: 3 });
    store.failing = {};
    await app.audit({ limit: 1 });
    expect(await app.as(operator).execute(run)).toMatchObject({
      replayed: true,
      result: { finalTick: 3 },
    });
    expect(world.tick).toBe(3);
  });
});

describe('what could be lost before a world is there', () => {
  test('a command for a world that never started finds it in the next process', async () => {
    const fresh = app.world('fresh', arena);
    const id = await fresh.as(player).spawn(Position({ x: 3 }));
    const next = appOver(store);
    const again = await next.resume('fresh', arena);
    await again.step();
    expect((await again.query([Position])).toRows()).toMatchObject([{ entity_id: id }]);
  });

  test('a world that could not be made leaves its name free', async () => {
    store.failing.create = new Error('disk');
    const create = () => app.as(admin).createWorld({ name: 'new' });
    await expect(create()).rejects.toThrow('disk');
    store.failing = {};
    await (await create()).info();
  });
});

describe('what many send', () => {
  test('a refused batch shuts the gate for nobody', async () => {
    const batch = Array.from({ length: 1000 }, () => later(1));
    for (let k = 0; k < 15; k++)
      await expect(world.as(viewer).submitBatch(batch)).rejects.toMatchObject({
        code: 'forbidden',
      });
    await world.as(player).spawn(Position());
    expect(await app.verifyAudit()).toMatchObject({ sound: true, rows: 15_002 });
  });

  test('names of any length are refused quickly', async () => {
    const long = 'spwan'.repeat(100_000);
    const began = performance.now();
    await expect(app.as(player).execute({ type: long } as never)).rejects.toMatchObject({
      code: 'invalid_command',
      message: expect.not.stringContaining(long),
    });
    await expect(
      world.as(player).submit({ type: 'spawn', payload: { components: [{ type: long }] } }),
    ).rejects.toMatchObject({ code: 'invalid_command' });
    expect(performance.now() - began).toBeLessThan(500);
  });

  test.each([
    ['a big number', () => 1n],
    ['a type that is one', () => ({ type: 1n })],
    [
      'something that holds itself',
      () => {
        const given: Record<string, unknown> = { type: 'custom' };
        given['payload'] = given;
        return given;
      },
    ],
    [
      'something that throws when it is read',
      () => ({
        get type() {
          throw new Error('no');
        },
      }),
    ],
    [
      'a key __proto__',
      () => ({
        type: 'custom',
        payload: JSON.parse('{"action":"x","payload":{"__proto__":{"admin":true}}}') as object,
      }),
    ],
    [
      'something that is no processor',
      () => ({ type: 'add_processor', payload: { processor: { process: () => 1 } } }),
    ],
    [
      'something that is no resource',
      () => ({ type: 'set_resource', payload: { resource: { of: () => 1 } } }),
    ],
  ])('%s is refused as a command, with its row', async (_what, given) => {
    const input = given();
    if (
      typeof input === 'object' &&
      Object.getOwnPropertyDescriptor(input, 'type')?.get === undefined
    )
      Object.assign(input, { world: world.id });
    await expect(app.as(operator).execute(input as never)).rejects.toMatchObject({
      code: 'invalid_command',
    });
    expect((await app.audit({ limit: 1 })).rows[0]).toMatchObject({
      actor: 'otto',
      status: 'rejected',
      code: 'invalid_command',
    });
  });

  test('lists with holes are refused as such', async () => {
    // oxlint-disable-next-line no-sparse-arrays -- holes are what is refused
    const holes = [, later(1)] as never;
    await expect(world.as(player).submitBatch(holes)).rejects.toMatchObject({});
    await expect(app.as(player).submitBatch(holes)).rejects.toMatchObject({
      code: 'invalid_command',
    });
  });
});

describe('worlds are named by their ids', () => {
  test('in every operation, so that no rule is passed by under a name', async () => {
    for (const type of commandTypes) {
      const command = { type, world: 'w', payload: {} } as never;
      const error: unknown = await app
        .as(admin)
        .execute(command)
        .catch((given: unknown) => given);
      expect([type, (error as { code: string }).code]).toEqual([
        type,
        expect.stringMatching(/^(invalid_command|world_not_found)$/),
      ]);
    }
    await expect(
      app.as(viewer).execute({ type: 'query', world: 'w', payload: { components: [] } }),
    ).rejects.toMatchObject({ code: 'world_not_found' });
  });
});

test('what is authorised is what is done, whatever becomes of the object that was given', async () => {
  const payload = { name: 'wind', value: { x: 1 } as unknown };
  const value = payload.value as { x: number };
  const host = appOver(store, {
    policy: createPolicy({
      authorise: async () => {
        await stepped();
        value.x = 666;
        return true;
      },
    }),
  });
  const place = host.world('place', arena);
  await place.run({ steps: 0 });
  await expect(
    host.as(operator).execute({ type: 'set_resource', world: place.id, payload } as never),
  ).rejects.toMatchObject({ code: 'invalid_value' });
  const [command] = await store.commands({ type: 'set_resource' });
  expect(command).toBeUndefined();
  const told: unknown[] = [];
  const third = appOver(store, {
    handlers: { tell: (_world, given) => void told.push(given) },
    policy: createPolicy({
      authorise: async () => {
        await stepped();
        value.x = 666;
        return true;
      },
    }),
  });
  value.x = 1;
  const other = third.world('other', arena);
  await other.run({ steps: 0 });
  await third.as(player).execute({
    type: 'custom',
    world: other.id,
    payload: { action: 'tell', payload: value },
  });
  expect(told).toEqual([{ x: 1 }]);
});

test('who may end a world may cancel what waits for it, whatever the role is called', async () => {
  const host = appOver(store, {
    policy: createPolicy({
      grants: { boss: [...commandTypes], player: ['spawn', 'cancel_command'] },
    }),
  });
  const place = host.world('p', arena);
  await place.run({ steps: 0 });
  const { command } = await place.as(player).submit(later(5));
  await expect(place.as(actor('paul', 'player')).cancel(command)).rejects.toMatchObject({
    code: 'command_not_found',
  });
  await place.as(actor('b', 'boss')).cancel(command);
  expect((await place.audit({ type: 'cancel_command' })).rows.map(({ actor: who }) => who)).toEqual(
    ['b', 'paul'],
  );
});

test('a hook that was added through the gate is known in forks, and removed there alone', async () => {
  const as = world.as(operator);
  const id = await as.addHook('noop');
  const fork = await as.fork({ name: 'branch' });
  expect(await fork.hooks()).toEqual([{ event: 'postTick', mode: 'blocking', hook: id }]);
  await fork.removeHook(id);
  expect(await fork.hooks()).toEqual([]);
  expect(await as.hooks()).toHaveLength(1);
});

test('what failed or was stopped on the way of a rollout is charged as if it had been done', async () => {
  const stop = new AbortController();
  const rollout = await world.as(operator).runRollout({
    numEpisodes: 4,
    parallel: 2,
    episode: { maxSteps: 400, policy: async () => void (await stepped()) },
    signal: stop.signal,
    onProgress: ({ steps }) => {
      if (steps > 20) stop.abort();
    },
  });
  expect(rollout).toMatchObject({ completed: 0, cancelled: 4 });
  await app.audit({ limit: 1 });
  const used = (await store.quotas()).find(
    ({ actor: who, scope }) => who === 'otto' && scope === 'tokens',
  );
  expect(used!.used).toBe(2 * 450);
});

test('the end of every world is tried when an app is closed', async () => {
  const host = appOver(store, { logger: quiet });
  const ended: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const place = host.world(name, arena);
    const close = place.close.bind(place);
    Object.assign(place, {
      close: async () => {
        await close();
        ended.push(name);
        if (name !== 'c') throw new Error(`${name} would not`);
      },
    });
  }
  await expect(host.close()).rejects.toMatchObject({
    code: 'close_failed',
    message: expect.stringMatching(/a would not.*b would not/),
  });
  expect(ended.toSorted()).toEqual(['a', 'b', 'c']);
});
