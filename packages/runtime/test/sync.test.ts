import {
  ArchetypeError,
  ArchetypeRuntime,
  defineHook,
  defineProcessor,
  type AuditPage,
  type DataFrame,
  type SyncWorld,
  type World,
} from '@archetype/runtime';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { arena, Mark, player } from './arena.ts';
import { Every, everything, Still } from './everything.ts';
import { Life, Position, Stone, walkers, Wind } from './model.ts';
import { nodeArguments, temporaryDirectory } from './temporary.ts';

const except = ['world_id', 'run_id'];
const all = { ticks: 'all', includeInactive: true } as const;

function sync(storage: string | { readonly backend: 'memory' }) {
  const runtime = ArchetypeRuntime.sync({ storage });
  onTestFinished(() => runtime.close());
  return runtime;
}

const walked = (world: Pick<SyncWorld, 'query' | 'messages'>): readonly DataFrame[] => [
  world.query([Position, Life], all),
  world.query([Stone], all),
  world.messages(),
];
const walkedBy = async (
  world: Pick<World, 'query' | 'messages'>,
): Promise<readonly DataFrame[]> => [
  await world.query([Position, Life], all),
  await world.query([Stone], all),
  await world.messages(),
];
const expectEqual = (a: readonly DataFrame[], b: readonly DataFrame[]): void => {
  expect(a.length).toBe(b.length);
  a.forEach((frame, k) => {
    expect(frame.columnNames).toEqual(b[k]!.columnNames);
    expect(frame.numRows).toBe(b[k]!.numRows);
    expect(frame.equals(b[k]!, { except })).toBe(true);
  });
};

/** Both branches of the walkers, by the asynchronous runtime in memory. */
async function awaited(): Promise<{ source: readonly DataFrame[]; fork: readonly DataFrame[] }> {
  await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  const world = runtime.world('source', walkers, { seed: 4 });
  await world.run({ steps: 10 });
  const fork = await world.fork({ name: 'fork', resources: [Wind(-1)] });
  await world.run({ steps: 20 });
  await fork.run({ steps: 20 });
  return { source: await walkedBy(world), fork: await walkedBy(fork) };
}

describe('a runtime that does not await', () => {
  test.each(['memory', 'lancedb'] as const)(
    'gives the same bytes as the asynchronous one, in %s',
    async (backend) => {
      const runtime = sync(backend === 'memory' ? { backend } : await temporaryDirectory());
      const world = runtime.world('source', walkers, { seed: 4 });
      const result = world.run({ steps: 10 });
      expect(result).toMatchObject({ startTick: 0, finalTick: 10, ticksCompleted: 10, ignored: 0 });
      const fork = world.fork({ name: 'fork', resources: [Wind(-1)] });
      for (let k = 0; k < 20; k++) world.step();
      fork.run({ steps: 20 });
      const { source, fork: branch } = await awaited();
      expectEqual(walked(world), source);
      expectEqual(walked(fork), branch);
      const past = world.fork({ at: 10, name: 'past', resources: [Wind(-1)] });
      past.run({ steps: 20 });
      expectEqual(walked(past), branch);
      expect(world.query([Position], { where: (c) => c.position.x.gt(3), limit: 2 }).numRows).toBe(
        2,
      );
      expect(world.info()).toMatchObject({ tick: 30, started: true, staged: 0 });
    },
  );

  test.each(['memory', 'lancedb'] as const)(
    'loses nothing of any kind of column, message or input on the way to the store and back, in %s',
    async (backend) => {
      const directory = await temporaryDirectory();
      const input = { force: [1, -0.5, null] };
      const read = [{ components: [Every] }, { components: [Still] }] as const;
      await using other = new ArchetypeRuntime({ storage: { backend: 'memory' } });
      const expected = other.world('w', everything, { seed: 1 });
      await expected.run({ steps: 2, input });
      await expected.step({
        input: (await expected.query([Every])).select('entity_id', 'every__vec'),
      });
      await expected.step();
      const open = () =>
        ArchetypeRuntime.sync({ storage: backend === 'memory' ? { backend } : directory });
      let runtime = open();
      let world = runtime.world('w', everything, { seed: 1 });
      world.run({ steps: 2, input });
      world.step({ input: world.query([Every]).select('entity_id', 'every__vec') });
      if (backend === 'lancedb') {
        runtime.close();
        runtime = open();
        world = runtime.resume('w', everything);
      }
      world.step();
      for (const { components } of read)
        expectEqual([world.query(components, all)], [await expected.query(components, all)]);
      expectEqual([world.messages()], [await expected.messages()]);
      const cells = world.query([Every], all).column('every__f64');
      expect(cells.some(Number.isNaN) && cells.some((x) => Object.is(x, -0))).toBe(true);
      expect(
        world
          .messages()
          .toRows()
          .some(({ delivered }) => !delivered),
      ).toBe(true);
      const found = world.search(Every, 'vec', [0, -0.5, 1e30], { k: 2, ticks: 'all' });
      expectEqual(
        [found],
        [await expected.search(Every, 'vec', [0, -0.5, 1e30], { k: 2, ticks: 'all' })],
      );
      runtime.close();
    },
  );

  test('writes what the asynchronous one goes on with, and goes on with what that one wrote', async () => {
    const directory = await temporaryDirectory();
    const begin = async (): Promise<void> => {
      await using first = new ArchetypeRuntime({ storage: directory });
      await first.world('source', walkers, { seed: 4 }).run({ steps: 7 });
    };
    await begin();
    const second = ArchetypeRuntime.sync({ storage: directory });
    expect(second.worlds().map(({ name, newestTick }) => [name, newestTick])).toEqual([
      ['source', 7],
    ]);
    const world = second.resume('source', walkers);
    expect(world.tick).toBe(7);
    world.run({ steps: 12 });
    const attached = second.attach('source');
    expect(attached.query(['Stone'], { ticks: 19 }).numRows).toBe(1);
    second.close();
    await using third = new ArchetypeRuntime({ storage: directory });
    const again = await third.resume('source', walkers);
    await again.run({ steps: 11 });
    expectEqual(await walkedBy(again), (await awaited()).source);
    expect(await third.verifyAudit()).toMatchObject({ sound: true });
  });

  test('touches nothing before its first step', async () => {
    const directory = join(await temporaryDirectory(), 'absent');
    sync(directory).world('lazy', walkers).spawn(Position());
    const { existsSync } = await import('node:fs');
    expect(existsSync(directory)).toBe(false);
  });

  test('stages and refuses as the asynchronous one does', () => {
    const runtime = sync({ backend: 'memory' });
    const world = runtime.world('w', walkers, { seed: 1 });
    const entity = world.spawn(Position({ x: 1 }));
    world.spawnMany([[Position({ x: 2 })], [Position({ x: 3 })]]);
    world.update(entity, Position, { y: 5 });
    world.addComponents(entity, Stone({ weight: 9 }));
    world.send({ to: entity, content: 'hello' });
    world.resources.set(Wind(2));
    expect(world.staged().length).toBe(27);
    world.step();
    expect(world.query([Stone, Position], { where: (c) => c.stone.weight.eq(9) }).numRows).toBe(1);
    world.removeComponents(entity, Stone);
    world.despawn(entity);
    expect(() => world.despawn(entity)).toThrow(
      expect.objectContaining({ code: 'entity_not_found' }),
    );
    world.discard();
    expect(world.staged()).toEqual([]);
    expect(world.resources.get(Wind)).toBe(2);
    expect(world.processors.list().map(({ name }) => name)).toEqual(['drift', 'cycle']);
    expect(() => runtime.world('w', walkers)).toThrow(
      expect.objectContaining({ code: 'world_exists' }),
    );
    expect(() => world.run({ steps: -1 })).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
    expect(() => world.fork({ at: 99 })).toThrow(
      expect.objectContaining({ code: 'tick_not_found' }),
    );
    world.destroy();
    expect(() => world.step()).toThrow(expect.objectContaining({ code: 'world_destroyed' }));
    expect(world.query([Position]).numRows).toBeGreaterThan(0);
    expect(() => runtime.resume('w', walkers)).toThrow(
      expect.objectContaining({ code: 'world_destroyed' }),
    );
    runtime.close();
    runtime.close();
    expect(() => runtime.worlds()).toThrow(expect.objectContaining({ code: 'store_closed' }));
    expect(() => world.query([Position])).toThrow(
      expect.objectContaining({ code: 'store_closed' }),
    );
  });

  test('tells of each durable tick in its order, and stops between ticks', () => {
    const world = sync({ backend: 'memory' }).world('w', walkers, { seed: 1 });
    const told: number[] = [];
    world.run({ steps: 50, onProgress: ({ tick }) => told.push(tick) });
    expect(told).toEqual(Array.from({ length: 50 }, (_, k) => k + 1));
    const stop = new AbortController();
    const aborted = (): unknown =>
      world.run({ steps: 1000, signal: stop.signal, onProgress: () => stop.abort() });
    expect(aborted).toThrow(expect.objectContaining({ code: 'aborted' }));
    expect(world.tick).toBeGreaterThan(50);
    expect(world.tick).toBeLessThan(1000);
    const before = world.tick;
    const failing = (): unknown =>
      world.run({
        steps: 3,
        onProgress: () => {
          throw new Error('enough');
        },
      });
    expect(failing).toThrow('enough');
    expect(world.tick).toBeGreaterThan(before);
    expect(world.step().startTick).toBe(world.tick - 1);
  });

  test('cannot be driven from inside its own tick or run', () => {
    const world = sync({ backend: 'memory' }).world('w', walkers, { seed: 1 });
    const outer = (): unknown => world.run({ steps: 2, onProgress: () => world.step() });
    expect(outer).toThrow(expect.objectContaining({ code: 'reentrant_step' }));
    world.processors.add(
      defineProcessor({
        name: 'impatient',
        components: [Stone],
        process: (df) => {
          world.step();
          return df;
        },
      }),
    );
    const { tick } = world;
    expect(() => world.step()).toThrow(
      expect.objectContaining({
        code: 'processor_failed',
        cause: expect.objectContaining({ code: 'reentrant_step' }),
      }),
    );
    expect(world.tick).toBe(tick);
  });
});

describe('what is asynchronous is refused', () => {
  const later = defineProcessor({
    name: 'later',
    components: [Position],
    process: async (df) => df,
  });

  test('an async processor where it is given, by its name and with what to use instead', () => {
    const runtime = sync({ backend: 'memory' });
    const refused = expect.objectContaining({
      code: 'invalid_definition',
      message: expect.stringMatching(/"later".*new ArchetypeRuntime\(\)/),
    });
    expect(() => runtime.world('w', { processors: [later] })).toThrow(refused);
    const world = runtime.world('w', walkers);
    expect(() => world.processors.add(later)).toThrow(refused);
  });

  test('a processor that returns a promise fails its tick, which keeps what was staged', async () => {
    const world = sync({ backend: 'memory' }).world('w', walkers, { seed: 1 });
    world.step();
    world.processors.add(
      defineProcessor({
        name: 'sly',
        components: [Position],
        process: (df) => Promise.reject(new Error(`nobody hears of ${df.numRows}`)),
      }),
    );
    world.spawn(Position({ x: 77 }));
    expect(() => world.step()).toThrow(
      expect.objectContaining({
        code: 'processor_failed',
        message: expect.stringMatching(/"sly".*returned a promise.*new ArchetypeRuntime\(\)/),
      }),
    );
    expect(world.info()).toMatchObject({ tick: 1, staged: 1 });
    world.processors.remove('sly');
    world.step();
    expect(world.query([Position], { where: (c) => c.position.x.eq(77) }).numRows).toBe(1);
    // The promise that nobody waited for fails unheard.
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('an async handler where it is given; one that returns a promise is told of like one that fails', () => {
    const errors: unknown[] = [];
    const quiet = (): void => undefined;
    const logger = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (message: string) => errors.push(message),
    };
    using runtime = ArchetypeRuntime.sync({ storage: { backend: 'memory' }, logger });
    const hook = defineHook('postTick', async () => undefined);
    const refused = expect.objectContaining({
      code: 'invalid_definition',
      message: expect.stringMatching(/"postTick".*new ArchetypeRuntime\(\)/),
    });
    expect(() => runtime.world('w', { hooks: [hook] })).toThrow(refused);
    const world = runtime.world('w', walkers);
    expect(() => world.on('postTick', async () => undefined)).toThrow(refused);
    expect(() => world.hooks.add(hook)).toThrow(refused);
    const told: unknown[] = [];
    world.on('tickError', ({ error }) => told.push(error));
    world.on('preTick', () => Promise.resolve());
    world.step();
    expect(world.tick).toBe(1);
    expect(errors).toEqual(['A handler of "preTick" of world "w" failed.']);
    expect(told).toEqual([
      expect.objectContaining({ message: expect.stringContaining('returned a promise') }),
    ]);
  });
});

test('hooks hear the same events in the same order as in the asynchronous runtime', async () => {
  const record = (lines: string[]) => (event: object) => {
    const {
      tick,
      entities = [],
      table = '',
    } = event as {
      tick: number;
      entities?: ArrayLike<number>;
      table?: string;
    };
    lines.push(`${tick} ${table} ${Array.from(entities).join()}`);
  };
  const events = [
    'preTick',
    'spawn',
    'despawn',
    'update',
    'componentAdded',
    'postTick',
    'destroy',
  ] as const;
  const [here, there]: [string[], string[]] = [[], []];
  const world = sync({ backend: 'memory' }).world('w', walkers, { seed: 4 });
  for (const event of events) world.on(event, record(here));
  world.on('preTick', ({ world: inside, tick }) => {
    if (tick === 3) inside.spawn(Position({ x: inside.query([Stone]).numRows }));
  });
  world.on(
    'postTick',
    ({ world: quiet, tick, frames }) => {
      expect(quiet.query([Stone]).numRows).toBe(1);
      expect(frames.size).toBeGreaterThan(0);
      expect(() => (quiet as unknown as SyncWorld).spawn(Stone())).toThrow(
        expect.objectContaining({ code: 'read_only' }),
      );
      here.push(`detached ${tick}`);
    },
    { mode: 'detached' },
  );
  world.run({ steps: 15 });
  world.destroy();

  await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  const awaitedWorld = runtime.world('w', walkers, { seed: 4 });
  for (const event of events) awaitedWorld.on(event, record(there));
  awaitedWorld.on('preTick', async ({ world: inside, tick }) => {
    if (tick === 3) inside.spawn(Position({ x: (await inside.query([Stone])).numRows }));
  });
  awaitedWorld.on('postTick', ({ tick }) => there.push(`detached ${tick}`), { mode: 'detached' });
  await awaitedWorld.run({ steps: 15 });
  await awaitedWorld.destroy();
  expect(here.length).toBeGreaterThan(40);
  expect(here).toEqual(there);
});

test('a handler of defineHook finds the world that it was written for, whose reads are promises', async () => {
  const counts: Promise<number>[] = [];
  const count = defineHook('postTick', ({ world }) => {
    counts.push(world.query([Stone]).then((df) => df.numRows));
  });
  const world = sync({ backend: 'memory' }).world('w', { ...walkers, hooks: [count] });
  world.run({ steps: 2 });
  expect(await Promise.all(counts)).toEqual([1, 1, 1]);
});

describe('what the store refuses', () => {
  test('comes with its code and its sentence', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, 'mine');
    const world = sync(file).world('w', walkers, { seed: 1 });
    expect(() => world.step()).toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
    expect(world.info()).toMatchObject({ started: false, staged: 21 });
    await using other = new ArchetypeRuntime({ storage: file });
    const same = await other
      .world('w', walkers, { seed: 1 })
      .step()
      .catch((error: unknown) => error);
    expect(() => world.step()).toThrow(same);
  });

  test('a directory that the asynchronous runtime holds is store_locked, and is free after its close', async () => {
    const directory = await temporaryDirectory();
    const holder = new ArchetypeRuntime({ storage: directory });
    await holder.world('held', walkers, { seed: 1 }).step();
    const runtime = sync(directory);
    expect(() => runtime.worlds()).toThrow(expect.objectContaining({ code: 'store_locked' }));
    await holder.close();
    expect(runtime.worlds().map(({ name }) => name)).toEqual(['held']);
  });

  test('a commit after somebody took the store over fails, and leaves the world at its last durable tick', async () => {
    const directory = await temporaryDirectory();
    const errors: unknown[] = [];
    const logger = { ...console, error: (...given: unknown[]) => errors.push(given) };
    const runtime = ArchetypeRuntime.sync({ storage: directory, logger });
    const world = runtime.world('w', walkers, { seed: 4 });
    world.run({ steps: 3 });
    await using taker = new ArchetypeRuntime({ storage: { uri: directory, takeOver: true } });
    const taken = await taker.resume('w', walkers);
    world.spawn(Position({ x: 1 }));
    expect(() => world.run({ steps: 40 })).toThrow(
      expect.objectContaining({ code: 'stale_writer' }),
    );
    expect(world.info()).toMatchObject({ tick: 3, staged: 1 });
    await taken.step();
    expect(taken.tick).toBe(4);
    expect(() => runtime.close()).toThrow(ArchetypeError);
    // What the store's thread has to log goes where everything is logged.
    expect(errors).toContainEqual([
      'The audit trail could not be written.',
      { error: expect.objectContaining({ code: 'stale_writer' }) },
    ]);
  });

  test('a world for which commands wait is left to the gate that does them; ids that were promised stay given', async () => {
    const directory = await temporaryDirectory();
    const gated = new ArchetypeRuntime({ storage: directory });
    const world = gated.world('arena', arena, { seed: 1 });
    await world.step();
    const payload = { components: [{ type: 'Mark', n: 7 }] };
    const { command, entities } = await world
      .as(player)
      .submit({ type: 'spawn', payload, tick: 3 });
    await gated.close();
    const runtime = ArchetypeRuntime.sync({ storage: directory });
    expect(() => runtime.resume('arena', arena)).toThrow(
      expect.objectContaining({
        code: 'world_in_use',
        message: expect.stringContaining('1 accepted commands wait for world "arena"'),
      }),
    );
    runtime.close();
    const again = new ArchetypeRuntime({ storage: directory });
    await (await again.resume('arena', arena)).as(player).cancel(command);
    await again.close();
    expect(sync(directory).resume('arena', arena).spawn(Mark())).toBe(entities[0]! + 1);
  });
});

/** A child that runs without awaiting, and what it acknowledged. */
async function child(directory: string, how: string, at: string, flushRows: number) {
  const script = join(import.meta.dirname, 'child', 'sync-run.ts');
  const running = spawn(
    process.execPath,
    [...nodeArguments, script, directory, how, at, String(flushRows)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  running.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code, signal] = (await once(running, 'close')) as [number | null, string | null];
  const ticks = new Map(
    output
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return { code, signal, ticks };
}

describe('a process', () => {
  test.each([
    ['source 4', 1_000_000],
    ['source 10', 1_000_000],
    ['source 23', 60],
    ['fork 29', 60],
  ])(
    'killed with SIGKILL after it was told of %s, flushing every %i rows, keeps what was acknowledged and goes on to the same bytes',
    async (at, flushRows) => {
      const directory = await temporaryDirectory();
      const { signal, ticks } = await child(directory, 'kill', at, flushRows);
      expect(signal).toBe('SIGKILL');
      const runtime = sync(directory);
      const stored = new Map(runtime.worlds().map((world) => [world.name, world.newestTick]));
      for (const [name, tick] of ticks)
        expect(stored.get(name)).toBeGreaterThanOrEqual(Number(tick));
      const { source, fork } = await awaited();
      const world = runtime.resume('source', walkers);
      world.run({ steps: 30 - world.tick });
      expectEqual(walked(world), source);
      if (!stored.has('fork')) return;
      const branch = runtime.resume('fork', walkers);
      branch.run({ steps: 30 - branch.tick });
      expectEqual(walked(branch), fork);
    },
  );

  test.each(['close', 'forget'])(
    'ends by itself when it says "%s", and everything is there afterwards',
    async (how) => {
      const directory = await temporaryDirectory();
      const { code, signal, ticks } = await child(directory, how, '', 60);
      expect([code, signal, ticks.get('end')]).toEqual([0, null, '0']);
      const { source, fork } = await awaited();
      await using runtime = new ArchetypeRuntime({ storage: directory });
      expectEqual(await walkedBy(await runtime.resume('source', walkers)), source);
      expectEqual(await walkedBy(await runtime.resume('fork', walkers)), fork);
    },
  );
});

test.each([
  ['exit', 'The thread that holds the store ended.'],
  ['throw', 'The thread that holds the store ended: lightning'],
])(
  'a thread that ends by %s leaves nobody waiting: the commit is unknown, what follows is refused, what was told is stored',
  async (how, said) => {
    const directory = await temporaryDirectory();
    const script = join(import.meta.dirname, 'child', 'sync-orphan.ts');
    const running = spawn(process.execPath, [...nodeArguments, script, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DYING: how },
    });
    let output = '';
    running.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    expect(await once(running, 'close')).toEqual([0, null]);
    const { told, message, tick } = JSON.parse(output) as {
      told: string[];
      message: string;
      tick: number;
    };
    expect(told).toEqual(['commit_unknown', 'storage_unavailable', 'storage_unavailable']);
    expect(message).toContain(said);
    expect(tick).toBeGreaterThan(0);
    expect(sync(directory).resume('w', walkers).tick).toBeGreaterThanOrEqual(tick);
  },
);

describe('the audit trail', () => {
  test('has the rows that the same calls have in the asynchronous runtime', async () => {
    const runtime = sync({ backend: 'memory' });
    const world = runtime.world('w', walkers, { seed: 1 });
    for (let k = 0; k < 5; k++) world.step();
    const fork = world.fork({ name: 'branch' });
    expect(() => world.run({ steps: 1, input: new Date() as never })).toThrow(ArchetypeError);
    fork.destroy();
    await using other = new ArchetypeRuntime({ storage: { backend: 'memory' } });
    const same = other.world('w', walkers, { seed: 1 });
    for (let k = 0; k < 5; k++) await same.step();
    const branch = await same.fork({ name: 'branch' });
    await expect(same.run({ steps: 1, input: new Date() as never })).rejects.toThrow(
      ArchetypeError,
    );
    await branch.destroy();
    // Newest first; of runs in a row only the newest counts, because how many share a row is a matter of time.
    const rows = ({ rows: entries }: Pick<AuditPage, 'rows'>) =>
      entries
        .map(({ actor, type, status, code, tick }) => [actor, type, status, code, tick] as const)
        .filter(
          ([, type, status], k, every) =>
            type !== 'run' ||
            status !== 'applied' ||
            every[k - 1]?.[1] !== 'run' ||
            every[k - 1]?.[2] !== 'applied',
        );
    expect(rows(runtime.audit())).toEqual(rows(await other.audit()));
    expect(rows(runtime.audit()).length).toBe(5);
    expect(runtime.verifyAudit()).toMatchObject({ sound: true });
  });

  test('is gone on with by the next process, and has as much as it is told to', async () => {
    const directory = await temporaryDirectory();
    const first = ArchetypeRuntime.sync({ storage: directory, trustedAudit: 'mutations' });
    first.world('w', walkers, { seed: 1 }).run({ steps: 1 });
    first.close();
    const second = ArchetypeRuntime.sync({ storage: directory, trustedAudit: 'none' });
    second.resume('w', walkers).step();
    expect(second.audit({ type: 'spawn' }).rows.length).toBeGreaterThan(1);
    expect(second.audit({ type: 'resume_world' }).rows).toEqual([]);
    second.close();
    await using third = new ArchetypeRuntime({ storage: directory });
    expect(await third.verifyAudit()).toMatchObject({ sound: true });
    expect(() => ArchetypeRuntime.sync({ trustedAudit: 'all' as never })).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});
