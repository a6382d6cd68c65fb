import { ArchetypeRuntime } from '@archetype/runtime';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { arena, Mark, operator, player, viewer } from './arena.ts';
import { nodeArguments, temporaryDirectory } from './temporary.ts';

/** What a child acknowledged before it was killed: entity by mark, and the last tick. */
async function killed(directory: string, at: number, flushRows: number) {
  const script = join(import.meta.dirname, 'child', 'commands-and-die.ts');
  const child = spawn(
    process.execPath,
    [...nodeArguments, script, directory, String(at), String(flushRows)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [, signal] = (await once(child, 'close')) as [number | null, string];
  expect(signal).toBe('SIGKILL');
  const entities = new Map<number, number>();
  let tick = 0;
  for (const line of output.split('\n')) {
    const [what, number] = line.split(' ');
    if (what === 'tick') tick = Number(number);
    else if (number !== undefined) entities.set(Number(what), Number(number));
  }
  return { entities, tick };
}

describe('commands that were acknowledged', () => {
  test.each([
    [1, 1_000_000],
    [7, 1_000_000],
    [120, 1_000_000],
    [300, 40],
    [701, 40],
  ])(
    'are neither lost nor applied twice by kill -9 after %i acknowledgements, flushing every %i rows',
    async (at, flushRows) => {
      const directory = await temporaryDirectory();
      const { entities, tick } = await killed(directory, at, flushRows);
      await using runtime = new ArchetypeRuntime({ storage: directory });
      const world = await runtime.resume('arena', arena);
      expect(world.tick).toBeGreaterThanOrEqual(tick);
      await world.run({ steps: 25 });
      const rows = (await world.query([Mark])).toRows();
      const born = new Map(rows.map((row) => [row.mark__n, row.entity_id]));
      expect(born.size).toBe(rows.length);
      for (const [mark, entity] of entities) expect([mark, born.get(mark)]).toEqual([mark, entity]);
      // One command of each lane may have been written down and not told of.
      expect(rows.length).toBeLessThanOrEqual(entities.size + 2);

      const trail = await runtime.verifyAudit();
      expect(trail).toMatchObject({ sound: true });
      const store = await runtime.store();
      const commands = await store.commands({ type: 'spawn' });
      expect(commands.filter(({ status }) => status !== 'applied')).toEqual([]);
      expect(commands.length).toBe(rows.length);
      expect((await runtime.audit({ type: 'spawn', limit: 1000 })).rows.length).toBe(
        Math.min(1000, rows.length),
      );
      // What it was doing when it died is told as such, once somebody comes to the gate.
      await world.as(viewer).info();
      for (const command of await store.commands({ type: 'step' }))
        expect(['applied', 'rejected']).toContain(command.status);
    },
  );

  test('are there again in the next process, with their ids, and wait for their tick', async () => {
    const directory = await temporaryDirectory();
    const first = new ArchetypeRuntime({ storage: directory });
    const world = first.world('arena', arena, { seed: 1 });
    await world.run({ steps: 0 });
    const { command, entities } = await world.as(player).submit({
      type: 'spawn',
      payload: { components: [{ type: 'Mark', n: 7 }] },
      tick: 3,
      idempotencyKey: 'seven',
    });
    await first.close();
    await using second = new ArchetypeRuntime({ storage: directory });
    const again = await second.resume('arena', arena);
    const repeated = await again.as(player).submit({
      type: 'spawn',
      payload: { components: [{ type: 'Mark', n: 7 }] },
      tick: 3,
      idempotencyKey: 'seven',
    });
    expect(repeated).toEqual({ command, entities });
    await again.as(operator).run({ steps: 4 });
    const rows = await again.query([Mark], { ticks: 'all' });
    expect(rows.toRows().map((row) => [row.tick, row.entity_id])).toEqual([
      [3, entities[0]],
      [4, entities[0]],
    ]);
    expect(await again.as(viewer).command(command)).toMatchObject({
      status: 'applied',
      settledAt: { tick: 3 },
    });
  });
});

describe('a runtime', () => {
  test('runs episodes and rollouts, and tells who did what', async () => {
    await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
    const world = runtime.world('arena', arena, { seed: 1 });
    world.spawn(Mark());
    expect((await world.runEpisode({ maxSteps: 3 })).truncated).toBe(true);
    const { completed } = await world.runRollout({ numEpisodes: 2, episode: { maxSteps: 2 } });
    expect(completed).toBe(2);
    await world.as(operator).step();
    const { rows } = await world.audit();
    expect(rows.map(({ actor, type }) => `${actor} ${type}`)).toEqual([
      'otto step',
      'SYSTEM run_rollout',
      'SYSTEM run_episode',
      'SYSTEM create_world',
    ]);
    expect(await runtime.verifyAudit()).toMatchObject({ sound: true, rows: 4 });
  });

  test('audits nothing of its own when it is told so, and takes the host of the gate', async () => {
    await using runtime = new ArchetypeRuntime({
      storage: { backend: 'memory' },
      trustedAudit: 'none',
      actors: {
        simulations: [arena],
        quotas: { commandsPerTick: 1 },
        handlers: { nothing: () => undefined },
      },
    });
    const admin = runtime.as({ id: 'ada', roles: ['admin'] });
    const as = await admin.createWorld({ name: 'made' });
    await as.custom('nothing');
    await expect(as.custom('nothing')).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect((await runtime.audit()).rows.map(({ type }) => type)).toEqual([
      'custom',
      'custom',
      'create_world',
    ]);
  });
});
