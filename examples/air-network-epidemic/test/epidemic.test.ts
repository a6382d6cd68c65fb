import { ArchetypeRuntime, type DataFrame } from '@archetype/runtime';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadNetwork } from '../src/data.ts';
import { Airport, epidemic, Health } from '../src/model.ts';

const node = ['--conditions=@archetype/source', '--disable-warning=ExperimentalWarning'];
const main = join(import.meta.dirname, '..', 'src', 'main.ts');

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'archetype epidemic é '));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

function job(cwd: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, main, ...args], {
    cwd,
    encoding: 'utf8',
  });
  /** Results: what does not depend on time, ids or the disk. */
  const results = stdout
    .split('\n')
    .filter((line) => !/ticks per second|Curves:|MB on disk|attach|Read any|rm -r/.test(line))
    .join('\n')
    .trim();
  return { status, stdout, stderr, results };
}

test('the data are the whole network of 2008', () => {
  const { airports, routes } = loadNetwork();
  expect(routes).toHaveLength(5366);
  expect(new Set(routes.map((route) => route.from)).size).toBe(303);
  expect(airports).toHaveLength(305);
  expect(routes.reduce((n, route) => n + route.flights, 0) / 1e6).toBeCloseTo(7.0, 1);
});

test('a missing data file is named', () => {
  const failure = expect.objectContaining({
    code: 'storage_unavailable',
    message: expect.stringMatching(/flights-airport\.csv.*npm run setup/s),
  }) as never;
  expect(() => loadNetwork(new URL('file:///nowhere/'))).toThrow(failure);
});

test('the main job prints the same results in memory and durable, and others for another seed', async () => {
  const cwd = await directory();
  const durable = job(cwd, '--ticks', '60', '--storage', './my data');
  const memory = job(cwd, '--ticks', '60', '--memory');
  const other = job(cwd, '--ticks', '60', '--memory', '--seed', '7');
  expect([durable.status, memory.status, other.status]).toEqual([0, 0, 0]);
  expect(durable.results).toBe(memory.results);
  expect(other.results).not.toBe(memory.results);
  expect(durable.stderr).toContain('hubs-cut: day 60 of 60');
  expect(durable.stdout).toMatch(/MB on disk in \.\/my data/);
  expect(durable.stdout.trim().split('\n').at(-1)).toMatch(
    /^Each run adds two worlds; remove all of them with: rm -r /,
  );
  expect(existsSync(join(cwd, 'my data', 'default', 'catalog.db'))).toBe(true);
  expect(readFileSync(join(cwd, 'air-network-epidemic.svg'), 'utf8')).toMatch(/^<svg .*<polyline/s);
  await using runtime = new ArchetypeRuntime({ storage: join(cwd, 'my data') });
  expect((await runtime.worlds()).map(({ name, newestTick }) => [name, newestTick])).toEqual([
    ['free', 60],
    ['hubs-cut', 60],
  ]);
});

test('everybody is somewhere: fractions stay fractions and add up to one', async () => {
  await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  const world = runtime.world('w', epidemic(loadNetwork()), { seed: 3 });
  await world.run({ steps: 120 });
  for (const { health__s: s, health__i: i, health__r: r } of await world.query([Health])) {
    expect(s + i + r).toBeCloseTo(1, 9);
    expect(Math.min(s, i, r)).toBeGreaterThanOrEqual(0);
  }
});

describe('bad input', () => {
  test.each([
    [['--nonsense'], 2, /invalid_argument: .*--nonsense.* See --help/s],
    [['--ticks', 'many'], 2, /--ticks was "many"; give a whole number of at least 21/],
    [['--ticks', '20'], 2, /at least 21/],
    [['--seed', '-1'], 2, /./],
    [['--memory', '--storage', 'x'], 2, /--memory keeps nothing/],
    [
      ['--storage', '/dev/null/x'],
      1,
      /storage_unavailable: The store in \/dev\/null\/x\/default could not be opened/,
    ],
  ])('%j exits with %i and says why', async (args, status, message) => {
    const { status: got, stdout, stderr } = job(await directory(), ...args);
    expect(got).toBe(status);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
  });

  test('--help explains every option', async () => {
    const { status, stdout } = job(await directory(), '--help');
    expect(status).toBe(0);
    for (const flag of ['--ticks', '--seed', '--storage', '--memory', '--svg'])
      expect(stdout).toContain(flag);
  });
});

describe('killed with SIGKILL in the middle of the main job', () => {
  const except = ['world_id', 'run_id'];
  const rows = (world: {
    query: (
      components: [typeof Airport, typeof Health],
      options: { ticks: 'all' },
    ) => Promise<DataFrame>;
  }) => world.query([Airport, Health], { ticks: 'all' });

  test.each([
    ['free', 12],
    ['hubs-cut', 70],
  ])(
    'after day %2$i of %1$s both worlds stand at the last acknowledged day, and go on to the same bytes',
    async (branch, day) => {
      const [storage, whole] = [await directory(), await directory()];
      const script = join(import.meta.dirname, 'child', 'job-and-die.ts');
      const child = spawn(process.execPath, [...node, script, storage, branch, String(day)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const [, signal] = (await once(child, 'close')) as [number | null, string];
      expect(signal).toBe('SIGKILL');
      expect(job(whole, '--storage', whole).status).toBe(0);
      await using runtime = new ArchetypeRuntime({ storage });
      await using reference = new ArchetypeRuntime({ storage: whole });
      const simulation = epidemic(loadNetwork());
      for (const stored of await runtime.worlds()) {
        const said = output
          .split('\n')
          .filter((line) => line.startsWith(`${stored.name} `))
          .map((line) => Number(line.split(' ')[1]));
        expect(stored.newestTick).toBeGreaterThanOrEqual(said.at(-1) ?? 0);
        const world = await runtime.resume(stored.world, simulation);
        await world.run({ steps: 120 - world.tick });
        const [got, expected] = [
          await rows(world),
          await rows(await reference.attach(stored.name)),
        ];
        expect(got.numRows).toBe(305 * 121);
        expect(got.equals(expected, { except })).toBe(true);
      }
      expect((await runtime.worlds()).map(({ name }) => name)).toEqual(
        branch === 'free' ? ['free'] : ['free', 'hubs-cut'],
      );
    },
  );
});
