import { Worlds } from '@archetype/core';
import { openDurableStore, openReadOnlyStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Position, temporaryDirectory, ticksOf, walk } from './walkers.ts';
import { nodeArguments } from './node-arguments.ts';

const ROWS = 50;

/** A process that writes; its lines so far, and a way to wait for one. */
function writer(directory: string, until: number, flushRows = 200) {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...nodeArguments,
      fileURLToPath(new URL('child/writer.ts', import.meta.url)),
      directory,
      String(ROWS),
      String(until),
      String(flushRows),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  let wake = Promise.withResolvers<void>();
  const reader = createInterface({ input: child.stdout! });
  const progress = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  reader.on('line', (line) => {
    lines.push(line);
    progress();
  });
  const ended = new Promise<void>((resolve) => reader.on('close', () => resolve()));
  void ended.then(progress);
  let over = false;
  void ended.then(() => (over = true));
  return {
    child,
    lines,
    ended,
    /** The last acknowledged tick. */
    get tick(): number {
      return Number(lines.findLast((line) => /^\d+$/.test(line)) ?? -1);
    },
    async until(holds: () => boolean): Promise<void> {
      while (!holds()) {
        if (over) throw new Error(`the writer ended: ${lines.slice(-3).join(', ')}`);
        await wake.promise;
      }
    },
  };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k);

test('a second process may not write, and is told who does', async () => {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables: lancedb });
  const other = writer(directory, 1);
  await other.ended;
  expect(other.lines).toEqual([]);
  await expect(openDurableStore({ directory, tables: lancedb })).rejects.toMatchObject({
    code: 'store_locked',
    message: expect.stringContaining(String(process.pid)),
  });
  await store.close();
});

test('10 000 reads while another process writes, flushes and merges: whole ticks only, none failing', async () => {
  const directory = await temporaryDirectory();
  const other = writer(directory, 1_000_000, 10_000);
  await other.until(() => other.tick > 3);
  const store = await openReadOnlyStore({ directory, tables: lancedb });
  let newest = 0;
  const parts = new Set<string>();
  // Reads can be quicker than a few flushes.
  for (let k = 0; k < 10_000 || parts.size <= 2; k++) {
    const acknowledged = other.tick;
    // Mostly the newest ticks; now and then a stretch of the past.
    const to = k % 100 === 0 ? Math.floor(acknowledged / 2) : Number.MAX_SAFE_INTEGER;
    const from = k % 100 === 0 ? Math.max(0, to - 40) : acknowledged;
    const ticks = await ticksOf(store, 'w', ROWS, { from, to });
    expect(ticks).toEqual(range(from, ticks.at(-1)!));
    if (to > acknowledged) newest = ticks.at(-1)!;
    if (k % 100 === 0) for (const use of await store.du()) parts.add(String(use.rows));
  }
  console.log(
    `10 000 reads while ${newest} ticks were written and ${parts.size} flushes were seen`,
  );
  expect(newest).toBeGreaterThan(50);
  other.child.kill('SIGKILL');
  await other.ended;
  // Its writer is dead: the reader sees everything that was acknowledged, and nothing is torn.
  const last = (await ticksOf(store, 'w', ROWS, { from: 0, to: Number.MAX_SAFE_INTEGER })).at(-1)!;
  expect(last).toBeGreaterThanOrEqual(other.tick);
  await store.close();
}, 180_000);

test('a process that is paused and loses its store acknowledges nothing more when it wakes up', async () => {
  const directory = await temporaryDirectory();
  const paused = writer(directory, 1_000_000, 300);
  await paused.until(() => paused.tick > 20);
  paused.child.kill('SIGSTOP');
  await expect(openDurableStore({ directory, tables: lancedb })).rejects.toMatchObject({
    code: 'store_locked',
  });
  const store = await openDurableStore({ directory, tables: lancedb, takeOver: true });
  const world = await new Worlds(store).resume('w', walk);
  const taken = world.tick;
  await world.run({ steps: 10 });
  const before = paused.tick;
  paused.child.kill('SIGCONT');
  await paused.until(() => paused.lines.some((line) => line.startsWith('refused')));
  expect(paused.lines).toContain('refused stale_writer');
  await paused.ended;
  // Lines on their way when it was stopped belong to ticks before the takeover.
  expect(paused.tick).toBeLessThanOrEqual(taken);
  expect(before).toBeLessThanOrEqual(taken);
  await world.run({ steps: 10 });
  expect(await ticksOf(store, 'w', ROWS, { from: 0, to: 1e6 })).toEqual(range(0, taken + 20));
  await store.close();
  const again = await openDurableStore({ directory, tables: lancedb });
  expect(again.health()).toMatchObject({ quarantined: [], damaged: [], lostTicks: [] });
  expect(await ticksOf(again, 'w', ROWS, { from: 0, to: 1e6 })).toEqual(range(0, taken + 20));
  expect(await again.verify()).toMatchObject({ sound: true });
  await again.close();
});

test('a store that was taken over in its own process says so', async () => {
  const directory = await temporaryDirectory();
  const first = await openDurableStore({ directory, tables: lancedb });
  const world = new Worlds(first).create('w', walk, { seed: 1 });
  world.spawn(Position());
  await world.step();
  const second = await openDurableStore({ directory, tables: lancedb, takeOver: true });
  await expect(world.step()).rejects.toMatchObject({
    code: 'stale_writer',
    message: expect.stringContaining('taken over'),
  });
  await second.close();
  await first.close();
  const third = await openDurableStore({ directory, tables: lancedb });
  expect(await ticksOf(third, 'w', 1, { from: 0, to: 99 })).toEqual([0, 1]);
  await third.close();
});

test('reading needs no right to write, and changes are refused', async () => {
  const directory = await temporaryDirectory();
  const store = await openDurableStore({ directory, tables: lancedb });
  const world = new Worlds(store).create('w', walk, { seed: 1 });
  world.spawn(Position());
  await world.run({ steps: 4 });
  await store.close();
  await chmod(directory, 0o555);
  onTestFinished(() => chmod(directory, 0o755));
  const reader = await openReadOnlyStore({ directory, tables: lancedb });
  expect(await ticksOf(reader, 'w', 1, { from: 0, to: 99 })).toEqual([0, 1, 2, 3, 4]);
  await expect(new Worlds(reader).resume('w', walk)).rejects.toMatchObject({ code: 'read_only' });
  await expect(new Worlds(reader).create('x').step()).rejects.toMatchObject({ code: 'read_only' });
  await reader.close();
  await expect(
    openReadOnlyStore({ directory: `${directory}/typo`, tables: lancedb }),
  ).rejects.toMatchObject({ code: 'storage_unavailable' });
});
