import { Worlds } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { nodeArguments } from './node-arguments.ts';
import { temporaryDirectory, ticksOf, walk } from './walkers.ts';

/** Ticks of 3 MB, which go past the system's cache where there is a way. */
const ROWS = 250_000;

/** Kills a process that writes some time after it told of a tick; returns the last one that it told of. */
async function killed(directory: string, after: { tick: number; ms: number }): Promise<number> {
  const script = fileURLToPath(new URL('child/large-run.ts', import.meta.url));
  const child = spawn(process.execPath, [...nodeArguments, script, directory, String(ROWS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let told = -1;
  for await (const line of createInterface(child.stdout)) {
    told = Number(line);
    if (told === after.tick) setTimeout(() => child.kill('SIGKILL'), after.ms);
  }
  return told;
}

test.each([
  { tick: 1, ms: 0 },
  { tick: 6, ms: 3 },
  { tick: 15, ms: 7 },
  { tick: 40, ms: 11 },
])(
  'killed $ms ms after it was told of tick $tick, with more under way, a store has all that was told, whole, and goes on',
  async (after) => {
    const directory = await temporaryDirectory();
    const told = await killed(directory, after);
    expect(told).toBeGreaterThanOrEqual(after.tick);
    const store = await openDurableStore({ directory, tables: lancedb });
    expect(store.health()).toMatchObject({ damaged: [], lostTicks: [], missingRecords: 0 });
    const world = await new Worlds(store).resume('w', walk);
    expect(world.tick).toBeGreaterThanOrEqual(told);
    await world.run({ steps: 3 });
    const last = world.tick;
    for (const from of [0, Math.max(told - 2, 0), last - 4]) {
      const ticks = await ticksOf(store, 'w', ROWS, { from, to: Math.min(from + 4, last) });
      expect(ticks.length).toBe(Math.min(from + 4, last) - from + 1);
    }
    await store.close();
  },
);
