import {
  commandTypes,
  createPolicy,
  operations,
  type App,
  type CommandInput,
  type CommandType,
} from '@archetype/app';
import { defineHook, MemoryStore, type Actor } from '@archetype/core';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  actor,
  admin,
  appOver,
  arena,
  Health,
  operator,
  player,
  Position,
  spawned,
  viewer,
  Wind,
  wither,
} from './arena.ts';

/** The table of roles as it is promised, written down once more. */
const promised: Readonly<Record<string, readonly CommandType[]>> = {
  'viewer player operator admin': [
    'query',
    'get_world',
    'list_worlds',
    'list_processors',
    'list_hooks',
    'list_resources',
    'list_signatures',
    'list_components',
    'get_audit',
    'get_command',
  ],
  'player operator admin': ['spawn', 'despawn', 'update', 'message', 'custom', 'cancel_command'],
  'operator admin': [
    'add_components',
    'remove_components',
    'add_processor',
    'remove_processor',
    'add_hook',
    'remove_hook',
    'set_resource',
    'step',
    'run',
    'run_episode',
    'run_rollout',
    'fork_world',
    'destroy_world',
    'resume_world',
  ],
  admin: ['create_world'],
};
const allowed = (role: string, type: CommandType): boolean =>
  Object.entries(promised).some(
    ([roles, types]) => roles.split(' ').includes(role) && types.includes(type),
  );

let store: MemoryStore;
let app: App;
let world: ReturnType<App['world']>;

beforeEach(async () => {
  store = new MemoryStore();
  app = appOver(store, { handlers: { nothing: () => undefined } });
  world = app.world('w', arena, { seed: 1 });
  world.spawn(Position(), Health());
  await world.run({ steps: 0 });
});

/** A command of each type that can be done, in a world of its own. */
async function commandsOf(host: App, name: string): Promise<Record<CommandType, CommandInput>> {
  const place = host.world(name, arena);
  place.spawn(Position(), Health());
  place.spawn(Position());
  await place.run({ steps: 0 });
  const waiting = await place.as(admin).submit({ type: 'spawn', payload: spawned(0), tick: 99 });
  const hook = await place.as(admin).addHook('noop');
  const doomed = host.world(`${name} doomed`, arena);
  await doomed.run({ steps: 0 });
  const stored = host.world(`${name} stored`, arena);
  await stored.run({ steps: 0 });
  await stored.close();
  const components = [{ type: 'Position', x: 1 }];
  const payloads: Record<CommandType, { world?: string; payload: object }> = {
    spawn: { payload: { components } },
    despawn: { payload: { entity_id: 2 } },
    update: { payload: { entity_id: 1, components } },
    add_components: { payload: { entity_id: 1, components: [{ type: 'Velocity' }] } },
    remove_components: { payload: { entity_id: 1, types: ['Health'] } },
    message: { payload: { to: 1, content: 'hello' } },
    custom: { payload: { action: 'nothing' } },
    create_world: { payload: { name: `${name} created` } },
    fork_world: { payload: { name: `${name} forked` } },
    resume_world: { world: stored.id, payload: {} },
    destroy_world: { world: doomed.id, payload: {} },
    step: { payload: {} },
    run: { payload: { steps: 1 } },
    run_episode: { payload: { maxSteps: 1 } },
    run_rollout: { payload: { numEpisodes: 1, episode: { maxSteps: 1 } } },
    add_processor: { payload: { name: 'wither' } },
    remove_processor: { payload: { name: 'movement' } },
    add_hook: { payload: { name: 'noop' } },
    remove_hook: { payload: { hook } },
    set_resource: { payload: { name: 'wind', value: 1 } },
    query: { payload: { components: ['Position'] } },
    get_world: { payload: {} },
    list_worlds: { payload: {} },
    list_processors: { payload: {} },
    list_hooks: { payload: {} },
    list_resources: { payload: {} },
    list_signatures: { payload: {} },
    list_components: { payload: {} },
    get_audit: { payload: { world: place.id } },
    get_command: { payload: { command: waiting.command } },
    cancel_command: { payload: { command: waiting.command } },
  };
  return Object.fromEntries(
    Object.entries(payloads).map(([type, { world: other, payload }]) => [
      type,
      {
        type,
        payload,
        ...(operations[type as CommandType].world && { world: other ?? place.id }),
      },
    ]),
  ) as Record<CommandType, CommandInput>;
}

describe('roles', () => {
  test('name every operation, and every operation is promised to some', () => {
    expect(Object.values(promised).flat().toSorted()).toEqual([...commandTypes].toSorted());
  });

  test.each(['viewer', 'player', 'operator', 'admin'])(
    'let a %s do what is promised, and nothing else',
    async (role) => {
      const commands = await commandsOf(app, role);
      for (const type of commandTypes) {
        const doing = app.as(actor(`one ${role}`, role)).execute(commands[type]);
        const outcome = await doing.then(
          () => 'done',
          (error: { code: string }) => error.code,
        );
        // A player may cancel, but only what is its own.
        const own = role === 'player' && type === 'cancel_command';
        expect([type, outcome]).toEqual([
          type,
          own ? 'command_not_found' : allowed(role, type) ? 'done' : 'forbidden',
        ]);
      }
    },
  );

  test('that nobody knows grant nothing, and several grant what any of them does', async () => {
    const commands = await commandsOf(app, 'x');
    await expect(
      app.as(actor('root', 'root', '__proto__', 'constructor')).execute(commands.query),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await expect(app.as(actor('none')).execute(commands.query)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await app.as(actor('both', 'viewer', 'admin')).execute(commands.create_world);
  });

  test('are no hierarchy: a role that grants one thing grants that', async () => {
    const host = appOver(store, { policy: createPolicy({ grants: { judge: ['query'] } }) });
    const place = host.world('court', arena);
    await place.run({ steps: 0 });
    await place.as(actor('j', 'judge')).query([Position]);
    await expect(place.as(actor('j', 'judge')).info()).rejects.toMatchObject({ code: 'forbidden' });
    await expect(place.as(admin).query([Position])).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('of a policy are checked when it is made', () => {
    expect(() => createPolicy({ grants: { judge: ['jugde' as never] } })).toThrow(
      /grants "judge" the operation "jugde"/,
    );
  });
});

describe('an authoriser of the host', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('no answer');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives something like true', () => 1],
    ['says no', () => false],
    ['fails later', async () => Promise.reject(new Error('down'))],
  ])('that %s means no', async (_what, authorise) => {
    const host = appOver(store, { policy: createPolicy({ authorise: authorise as never }) });
    const place = host.world('p', arena);
    await place.run({ steps: 0 });
    await expect(place.as(admin).query([Position])).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('is asked for every operation, of the command as it will be done', async () => {
    const authorise = vi.fn<(who: Actor, command: { type: string }) => boolean>(() => false);
    let asking = false;
    const host = appOver(store, {
      handlers: { nothing: () => undefined },
      policy: createPolicy({ authorise: (who, command) => !asking || authorise(who, command) }),
    });
    const commands = await commandsOf(host, 'asked');
    asking = true;
    for (const type of commandTypes) {
      authorise.mockClear();
      await expect(host.as(admin).execute(commands[type])).rejects.toMatchObject({
        code: 'forbidden',
      });
      expect(authorise.mock.calls.map(([who, command]) => [who.id, command.type])).toEqual([
        ['ada', type],
      ]);
    }
    authorise.mockClear();
    await expect(
      host.as(admin).submitBatch([commands.spawn, commands.message] as never),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(authorise).toHaveBeenCalledTimes(1);
  });

  test('stands before every method that an actor has', async () => {
    let asking = false;
    let asked = 0;
    const host = appOver(store, {
      policy: createPolicy({
        authorise: () => {
          if (asking) asked++;
          return !asking;
        },
      }),
    });
    const place = host.world('walked', arena);
    place.spawn(Position());
    await place.run({ steps: 0 });
    const as = place.as(admin);
    const given: Record<string, readonly unknown[]> = {
      spawn: [Position()],
      spawnMany: [[[Position()]]],
      despawn: [1],
      update: [1, Position, { x: 1 }],
      addComponents: [1, Health()],
      removeComponents: [1, Position],
      send: [{ to: 1, content: 1 }],
      custom: ['x'],
      run: [{ steps: 1 }],
      runRollout: [{ numEpisodes: 1, episode: {} }],
      addProcessor: [wither],
      removeProcessor: ['movement'],
      addHook: [defineHook('postTick', () => undefined)],
      removeHook: ['x'],
      setResource: [Wind(1)],
      query: [[Position]],
      command: ['x'],
      cancel: ['x'],
      submit: [{ type: 'spawn', payload: spawned(1) }],
      submitBatch: [[{ type: 'spawn', payload: spawned(1) }]],
    };
    asking = true;
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(as)).filter(
      (name) => name !== 'constructor',
    );
    expect(methods.length).toBeGreaterThan(25);
    for (const name of methods) {
      asked = 0;
      const call = (as as unknown as Record<string, (...all: readonly unknown[]) => unknown>)[
        name
      ]!;
      await expect(call.apply(as, [...(given[name] ?? [])])).rejects.toMatchObject({
        code: 'forbidden',
      });
      expect([name, asked]).toEqual([name, 1]);
    }
    const gate = host.as(admin);
    const rest = Object.getOwnPropertyNames(Object.getPrototypeOf(gate));
    expect(rest.toSorted()).toEqual([
      'constructor',
      'createWorld',
      'execute',
      'submit',
      'submitBatch',
      'world',
      'worlds',
    ]);
    await expect(gate.createWorld({ name: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(gate.worlds()).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('is not asked, and nothing is done, for what is no operation', async () => {
    const authorise = vi.fn<() => boolean>(() => true);
    const host = appOver(store, { policy: createPolicy({ authorise }) });
    for (const type of ['drop_table', 'constructor', '__proto__', 'toString', 'setup'])
      await expect(host.as(admin).execute({ type } as never)).rejects.toMatchObject({
        code: 'invalid_command',
      });
    expect(authorise).not.toHaveBeenCalled();
  });
});

describe('an actor', () => {
  test.each([
    [{}],
    [null],
    [{ id: '', roles: [] }],
    [{ id: 'SYSTEM', roles: ['admin'] }],
    [{ id: 'x' }],
    [{ id: 'x', roles: 'admin' }],
    [{ id: 'x', roles: [1] }],
    [{ id: 'x', roles: [], worlds: 'w' }],
  ])('cannot be %j', (given) => {
    expect(() => app.as(given as never)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });

  test('that is limited to some worlds reaches those and their forks, and learns of no other', async () => {
    const other = app.world('other', arena);
    await other.run({ steps: 0 });
    const limited: Actor = { id: 'lim', roles: ['admin'], worlds: [world.id] };
    const as = world.as(limited);
    expect((await as.query([Position])).numRows).toBe(1);
    const fork = await as.fork({ name: 'branch' });
    const second = await fork.fork({ name: 'twig' });
    await second.step();
    const seen = await app.as(limited).execute({ type: 'list_worlds' });
    expect(seen.result.map(({ name }) => name)).toEqual(['w', 'branch', 'twig']);
    const { command } = await other.as(admin).submit({ type: 'spawn', payload: spawned(1) });
    const messages = new Set<string>();
    for (const refused of [
      () => other.as(limited).query([Position]),
      () => app.as(limited).world('nowhere').query([Position]),
      () => app.as(limited).execute({ type: 'create_world', payload: { name: 'x' } }),
      () => app.as(limited).execute({ type: 'get_audit' }),
      () => other.as(limited).audit(),
      () => as.command(command),
      () => as.cancel(command),
      () => as.command('nothing'),
    ]) {
      const error: unknown = await refused().catch((given: unknown) => given);
      expect(error).toMatchObject({ code: 'forbidden' });
      messages.add((error as Error).message);
    }
    for (const message of messages) expect(message).not.toMatch(/other|nowhere|ada|exist/);
    expect((await as.audit()).rows.length).toBeGreaterThan(0);
    // Also after the fork is only stored.
    await app.close();
    const later = appOver(store);
    expect((await later.as(limited).world(second.id).info()).name).toBe('twig');
  });

  test('is told nothing of others by what it is refused', async () => {
    await world.as(actor('secret agent', 'player')).spawn(Position());
    const { command } = await world
      .as(actor('secret agent', 'player'))
      .submit({ type: 'spawn', payload: spawned(1), idempotencyKey: 'key' });
    const refusals = await Promise.allSettled([
      world.as(player).cancel(command),
      world.as(player).step(),
      world.as(viewer).spawn(Position()),
      world.as(operator).fork({ at: 99 }),
    ]);
    for (const refusal of refusals) {
      expect(refusal.status).toBe('rejected');
      expect(String((refusal as PromiseRejectedResult).reason)).not.toContain('secret');
    }
  });
});
