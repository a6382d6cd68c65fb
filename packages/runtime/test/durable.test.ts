import { ArchetypeRuntime, type DataFrame, type World } from '@archetype/runtime';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Life, Position, Stone, walkers, Wind } from './model.ts';
import { nodeArguments, temporaryDirectory } from './temporary.ts';

const except = ['world_id', 'run_id'];
const everything = async (world: Pick<World, 'query'>): Promise<readonly DataFrame[]> => [
  await world.query([Position, Life], { ticks: 'all', includeInactive: true }),
  await world.query([Stone], { ticks: 'all', includeInactive: true }),
];
const expectEqual = (a: readonly DataFrame[], b: readonly DataFrame[]): void => {
  a.forEach((frame, k) => {
    expect(frame.numRows).toBe(b[k]!.numRows);
    expect(frame.equals(b[k]!, { except })).toBe(true);
  });
};

/** Both branches, uninterrupted, in memory. */
async function uninterrupted(): Promise<{
  source: readonly DataFrame[];
  fork: readonly DataFrame[];
}> {
  await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  const world = runtime.world('source', walkers, { seed: 4 });
  await world.run({ steps: 10 });
  const fork = await world.fork({ name: 'fork', resources: [Wind(-1)] });
  await world.run({ steps: 20 });
  await fork.run({ steps: 20 });
  return { source: await everything(world), fork: await everything(fork) };
}

describe('a durable world', () => {
  test('gives the same bytes as one in memory, from the journal and from parts', async () => {
    const directory = await temporaryDirectory();
    const { source, fork } = await uninterrupted();
    const runtime = new ArchetypeRuntime({ storage: directory });
    const world = runtime.world('source', walkers, { seed: 4 });
    await world.run({ steps: 10 });
    const branch = await world.fork({ name: 'fork', resources: [Wind(-1)] });
    await Promise.all([world.run({ steps: 20 }), branch.run({ steps: 20 })]);
    expectEqual(await everything(world), source);
    expectEqual(await everything(branch), fork);
    await runtime.close();
    await using again = new ArchetypeRuntime({ storage: directory });
    expect((await again.worlds()).map(({ name, newestTick }) => [name, newestTick])).toEqual([
      ['source', 30],
      ['fork', 30],
    ]);
    expectEqual(await everything(await again.attach('source')), source);
    expectEqual(await everything(await again.attach('fork')), fork);
    const byName = await (await again.attach('fork')).query(['Stone'], { ticks: 30 });
    expect(byName.numRows).toBe(1);
  });

  test('touches nothing before its first step', async () => {
    const directory = join(await temporaryDirectory(), 'absent');
    await using runtime = new ArchetypeRuntime({ storage: directory });
    runtime.world('lazy', walkers).spawn(Position());
    const { existsSync } = await import('node:fs');
    expect(existsSync(directory)).toBe(false);
  });

  test('can be stopped between ticks, and goes on', async () => {
    const directory = await temporaryDirectory();
    await using runtime = new ArchetypeRuntime({ storage: directory });
    const world = runtime.world('stopped', walkers, { seed: 4 });
    const controller = new AbortController();
    const run = world.run({
      steps: 1000,
      signal: controller.signal,
      onProgress: ({ tick }) => {
        if (tick === 5) controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    const stopped = world.tick;
    expect(stopped).toBeGreaterThanOrEqual(5);
    expect(stopped).toBeLessThan(1000);
    await world.run({ steps: 30 - Math.min(stopped, 30) });
    const { source } = await uninterrupted();
    const rows = await world.query([Position, Life], {
      ticks: { from: 0, to: 10 },
      includeInactive: true,
    });
    expect(
      rows.equals(
        source[0]!.filter((c) => (c as never as { tick: { le(t: number): never } }).tick.le(10)),
        { except },
      ),
    ).toBe(true);
  });

  test('resuming takes over writing, and refuses what does not fit', async () => {
    const directory = await temporaryDirectory();
    await using runtime = new ArchetypeRuntime({ storage: directory });
    const first = runtime.world('one', walkers, { seed: 4 });
    await first.step();
    const second = runtime.world('two', walkers, { seed: 4 });
    await second.step();
    await expect(runtime.resume('three', walkers)).rejects.toMatchObject({
      code: 'world_not_found',
    });
    await expect(runtime.resume('one', walkers)).rejects.toMatchObject({ code: 'world_exists' });
    await first.step();
    await first.close();
    await expect(runtime.resume('one', { processors: [] })).rejects.toMatchObject({
      code: 'schema_conflict',
    });
    await second.close();
    const resumed = await runtime.resume(second.id, walkers);
    await resumed.step();
    expect(resumed.tick).toBe(2);
  });
});

describe('killed with SIGKILL', () => {
  test.each([
    ['source', 3, 1_000_000],
    ['source', 10, 1_000_000],
    ['fork', 12, 1_000_000],
    ['source', 27, 60],
    ['fork', 29, 60],
  ])(
    'in branch %s after tick %i, flushing every %i rows, it stands at the last acknowledged tick and goes on to the same bytes',
    async (branch, at, flushRows) => {
      const directory = await temporaryDirectory();
      const script = join(import.meta.dirname, 'child', 'run-and-die.ts');
      const child = spawn(
        process.execPath,
        [...nodeArguments, script, directory, branch, String(at), String(flushRows)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const [, signal] = (await once(child, 'close')) as [number | null, string];
      expect(signal).toBe('SIGKILL');
      const acknowledged = (name: string) =>
        output
          .split('\n')
          .filter((line) => line.startsWith(`${name} `))
          .map((line) => Number(line.split(' ')[1]))
          .at(-1) ?? 0;

      const { source, fork } = await uninterrupted();
      await using runtime = new ArchetypeRuntime({ storage: directory });
      const stored = new Map(
        (await runtime.worlds()).map((world) => [world.name, world.newestTick]),
      );
      expect(stored.get('source')).toBeGreaterThanOrEqual(acknowledged('source'));
      const world = await runtime.resume('source', walkers);
      if (stored.has('fork')) {
        expect(stored.get('fork')).toBeGreaterThanOrEqual(Math.max(10, acknowledged('fork')));
        const branched = await runtime.resume('fork', walkers);
        await branched.run({ steps: 30 - branched.tick });
        expectEqual(await everything(branched), fork);
      } else expect(branch).toBe('source');
      await world.run({ steps: 30 - world.tick });
      expectEqual(await everything(world), source);
    },
  );
});

describe('a directory that cannot be used', () => {
  test('one that another process writes is store_locked and names it', async () => {
    const directory = await temporaryDirectory();
    const script = join(import.meta.dirname, 'child', 'hold.ts');
    const child = spawn(process.execPath, [...nodeArguments, script, directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const runtime = new ArchetypeRuntime({ storage: directory });
    await expect(runtime.worlds()).rejects.toMatchObject({
      code: 'store_locked',
      message: expect.stringContaining(`process ${child.pid}`),
    });
    child.stdin.end();
    await once(child, 'close');
    expect((await runtime.worlds()).map(({ name }) => name)).toEqual(['held']);
    await runtime.close();
  });

  test('a file in its place is storage_unavailable, and nothing that was there is changed', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, 'mine');
    await using runtime = new ArchetypeRuntime({ storage: file });
    const world = runtime.world('w', walkers, { seed: 1 });
    await expect(world.step()).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(world.info()).toMatchObject({ started: false, staged: 21 });
  });
});

test('a closed runtime refuses, and closing it twice is fine', async () => {
  const runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  const world = runtime.world('w', walkers);
  await world.step();
  await runtime.close();
  await runtime.close();
  expect(() => runtime.world('x')).toThrow(
    expect.objectContaining({ code: 'store_closed' }) as never,
  );
  expect(() => world.spawn(Position())).toThrow(
    expect.objectContaining({ code: 'world_closed' }) as never,
  );
});
