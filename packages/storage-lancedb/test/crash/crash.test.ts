import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../walkers.ts';
import { Checks } from './checks.ts';
import { CrashingFileSystem } from './crashing-file-system.ts';
import { live, placeOf } from './life.ts';
import { points } from './points.ts';
import { play, type Name } from './script.ts';
import { Unflushed } from './unflushed.ts';

/** Every point with `ARCHETYPE_CRASH=full`; else a spread of them. */
const full = process.env['ARCHETYPE_CRASH'] === 'full';
const every = full ? 1 : 9;
/** Nothing is flushed, so that no storage thread outlives a process that only seems dead. */
const quiet = { tables: lancedb, cache: { flushRows: 1e9, flushMb: 1e6, idleSec: 1e6 } };
const LONG = 3_600_000;

/** At once: only calls on files of the journal are dead, and what else this process does to the store goes on. */
const copyAsItStands = (directory: string, copy: string): void =>
  cpSync(directory, copy, { recursive: true });

const checks = new Checks();
afterAll(() => checks.end());

describe('after a crash the store opens at the last whole tick and goes on to the same end', () => {
  test(
    'the script itself, uninterrupted',
    async () => {
      const directory = await temporaryDirectory();
      const { done, errors } = await live(directory);
      expect({ done, errors }).toEqual({ done: true, errors: [] });
      await checks.after('uninterrupted', { directory, tables: lancedb }, new Map([['one', 24]]));
    },
    LONG,
  );

  test(
    'killed before and after each step of flush, merge, index and sweep',
    async () => {
      const { steps } = await live(await temporaryDirectory());
      let tried = 0;
      for (const k of points('killed at a step', steps.length, { every })) {
        const directory = await temporaryDirectory();
        const { acknowledged, done } = await live(directory, { at: placeOf(steps[k]!) });
        if (done) continue;
        await checks.after(
          `killed at step ${steps[k]}`,
          { directory, tables: lancedb, graceSec: 0 },
          acknowledged,
        );
        tried++;
      }
      console.log(
        `killed at ${tried} of ${steps.length} steps of the storage thread: 0 ticks lost`,
      );
      expect(tried).toBeGreaterThan(1);
    },
    LONG,
  );

  test(
    'killed at any moment, inside the engines too',
    async () => {
      const seed = Number(process.env['ARCHETYPE_CRASH_SEED'] ?? 7);
      const times = full ? 100 : 5;
      let random = seed;
      let died = 0;
      for (let k = 0; k < times; k++) {
        random = (random * 48_271) % 2_147_483_647;
        const directory = await temporaryDirectory();
        const { acknowledged, done } = await live(directory, {
          afterMs: 300 + (random % 1_500),
        });
        if (!done) died++;
        await checks.after(
          `killed at random moment ${k} of seed ${seed}`,
          { directory, tables: lancedb, graceSec: 0 },
          acknowledged,
        );
      }
      expect(died).toBeGreaterThan(0);
      console.log(`killed at ${died} random moments of ${times} (seed ${seed}): 0 ticks lost`);
    },
    LONG,
  );

  test(
    'dead from any call on files of the journal on',
    async () => {
      const counting = new CrashingFileSystem();
      const whole = await openDurableStore({
        ...quiet,
        directory: await temporaryDirectory(),
        fileSystem: counting,
      });
      await play(new Unflushed(whole));
      const calls = counting.calls;
      await whole.close();
      let tried = 0;
      for (const at of points('dead from a call on', calls, { every: full ? 1 : 13 })) {
        const directory = await temporaryDirectory();
        const fault = new CrashingFileSystem(at);
        const died = new Promise<void>((resolve) => (fault.off = resolve));
        const acknowledged = new Map<Name, number>();
        const life = (async () => {
          const store = await openDurableStore({ ...quiet, directory, fileSystem: fault });
          await play(new Unflushed(store), (name, tick) => acknowledged.set(name, tick));
        })();
        const copy = join(await temporaryDirectory(), 'store');
        await Promise.race([died, life]);
        copyAsItStands(directory, copy);
        await checks.after(
          `dead from call ${at} on`,
          { directory: copy, tables: lancedb },
          acknowledged,
        );
        await fault.closeAll();
        tried++;
      }
      console.log(`dead from ${tried} of ${calls} calls of the journal on: 0 ticks lost`);
      expect(tried).toBeGreaterThan(5);
    },
    LONG,
  );

  test(
    'the power fails at any call on files of the journal, and only what was synced is left',
    async () => {
      const counting = new CrashingFileSystem();
      const whole = await openDurableStore({
        ...quiet,
        directory: await temporaryDirectory(),
        fileSystem: counting,
      });
      await play(new Unflushed(whole));
      await whole.close();
      const { calls } = counting;
      let tried = 0;
      for (const at of points('the power fails at a call', calls, { every: full ? 1 : 13 })) {
        const directory = await temporaryDirectory();
        const power = new CrashingFileSystem(at);
        const lost = new Promise<void>((resolve) => (power.off = resolve));
        const acknowledged = new Map<Name, number>();
        const life = (async () => {
          const store = await openDurableStore({ ...quiet, directory, fileSystem: power });
          await play(new Unflushed(store), (name, tick) => acknowledged.set(name, tick));
          await store.close();
        })();
        await Promise.race([lost, life]);
        for (const loss of ['all', 'beginning'] as const) {
          const copy = join(await temporaryDirectory(), 'store');
          copyAsItStands(directory, copy);
          await power.forget(directory, copy, loss);
          await checks.after(
            `power lost at call ${at}, and of what was not synced ${loss}`,
            { directory: copy, tables: lancedb },
            acknowledged,
          );
        }
        await power.closeAll();
        tried++;
      }
      console.log(
        `power lost at ${tried} of ${calls} calls of the journal, 2 kinds of loss each: 0 ticks lost`,
      );
      expect(tried).toBeGreaterThan(5);
    },
    LONG,
  );

  test(
    'any call on files of the journal fails once: what was refused is absent, what was acknowledged is there',
    async () => {
      const counting = new CrashingFileSystem();
      const whole = await openDurableStore({
        ...quiet,
        directory: await temporaryDirectory(),
        fileSystem: counting,
      });
      await play(new Unflushed(whole));
      await whole.close();
      const { calls } = counting;
      const codes = new Map<string, number>();
      for (const at of points('a call fails', calls, { every: full ? 1 : 13 })) {
        const directory = await temporaryDirectory();
        const fault = new CrashingFileSystem(at, 'fail');
        const acknowledged = new Map<Name, number>();
        const life = async (): Promise<void> => {
          const store = await openDurableStore({ ...quiet, directory, fileSystem: fault });
          try {
            await play(new Unflushed(store), (name, tick) => acknowledged.set(name, tick));
          } finally {
            await store.close().catch(() => undefined);
          }
        };
        const code = await life().then(
          () => 'went on',
          (error: { code?: string }) => error.code ?? String(error),
        );
        codes.set(code, (codes.get(code) ?? 0) + 1);
        await fault.closeAll();
        await checks.after(
          `failed at call ${at} with ${code}`,
          { directory, tables: lancedb },
          acknowledged,
        );
      }
      console.log(
        `failed at ${[...codes].map(([code, n]) => `${n} × ${code}`).join(', ')} of ${calls} calls`,
      );
      expect([...codes.keys()].every((code) => /^(went on|commit_|storage_)/.test(code))).toBe(
        true,
      );
    },
    LONG,
  );
});
