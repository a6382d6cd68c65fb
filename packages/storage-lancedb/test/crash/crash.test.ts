import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../walkers.ts';
import { Unflushed } from './unflushed.ts';
import { CrashingFileSystem } from './crashing-file-system.ts';
import { checkAfter, names, play, type Name } from './script.ts';

/** Every point with `ARCHETYPE_CRASH=full`; else a spread of them. */
const full = process.env['ARCHETYPE_CRASH'] === 'full';
const every = full ? 1 : 9;
/** Nothing is flushed, so that no storage thread outlives a process that only seems dead. */
const quiet = { tables: lancedb, cache: { flushRows: 1e9, flushMb: 1e6, idleSec: 1e6 } };
const LONG = 3_600_000;

/** Plays the script in a process of its own; how it ended and what it acknowledged. */
async function child(directory: string, dieAt: number | undefined, killAfterMs?: number) {
  const writer = spawn(
    process.execPath,
    [
      '--conditions=@archetype/source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('child.ts', import.meta.url)),
      directory,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(dieAt !== undefined && { DIE_AT: String(dieAt) }) },
    },
  );
  const acknowledged = new Map<Name, number>();
  const steps: string[] = [];
  let done = false;
  const errors: string[] = [];
  const out = createInterface({ input: writer.stdout });
  const err = createInterface({ input: writer.stderr });
  out.on('line', (line) => {
    if (line === 'done') done = true;
    const [name, tick] = line.split(' ');
    if (names.includes(name as Name)) acknowledged.set(name as Name, Number(tick));
  });
  err.on('line', (line) => (line.startsWith('step ') ? steps : errors).push(line));
  if (killAfterMs !== undefined) {
    void delay(killAfterMs).then(() => writer.kill('SIGKILL'));
  }
  await Promise.all([
    new Promise((resolve) => writer.on('close', resolve)),
    new Promise((resolve) => out.on('close', resolve)),
  ]);
  return { acknowledged, steps, done, errors };
}

describe('after a crash the store opens at the last whole tick and goes on to the same end', () => {
  test(
    'the script itself, uninterrupted',
    async () => {
      const directory = await temporaryDirectory();
      const { done, errors } = await child(directory, undefined);
      expect({ done, errors }).toEqual({ done: true, errors: [] });
      await checkAfter({ directory, tables: lancedb }, new Map([['one', 24]]));
    },
    LONG,
  );

  test(
    'killed before and after each step of flush, merge, index and sweep',
    async () => {
      const { steps } = await child(await temporaryDirectory(), undefined);
      let tried = 0;
      for (let at = 1; at <= steps.length; at += every) {
        const directory = await temporaryDirectory();
        const { acknowledged, done } = await child(directory, at);
        if (done) continue;
        await checkAfter({ directory, tables: lancedb, graceSec: 0 }, acknowledged).catch(
          (error: unknown) => {
            throw new Error(`killed at step ${at}, ${steps[at - 1]}: ${String(error)}`);
          },
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
        const { acknowledged, done } = await child(directory, undefined, 300 + (random % 1_500));
        if (!done) died++;
        await checkAfter({ directory, tables: lancedb, graceSec: 0 }, acknowledged);
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
      for (let at = 0; at < calls; at += full ? 1 : 13) {
        const directory = await temporaryDirectory();
        const fault = new CrashingFileSystem(at);
        const died = new Promise<void>((resolve) => (fault.off = resolve));
        const acknowledged = new Map<Name, number>();
        const life = (async () => {
          const store = await openDurableStore({ ...quiet, directory, fileSystem: fault });
          await play(new Unflushed(store), (name, tick) => acknowledged.set(name, tick));
        })();
        await Promise.race([died, life]);
        const copy = await temporaryDirectory();
        await cp(directory, join(copy, 'store'), { recursive: true });
        await checkAfter({ directory: join(copy, 'store'), tables: lancedb }, acknowledged).catch(
          (error: unknown) => {
            throw new Error(`dead from call ${at} on: ${String(error)}`);
          },
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
      for (let at = 0; at < calls; at += full ? 1 : 13) {
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
        const copy = join(await temporaryDirectory(), 'store');
        await cp(directory, copy, { recursive: true });
        await power.forget(directory, copy);
        await checkAfter({ directory: copy, tables: lancedb }, acknowledged).catch(
          (error: unknown) => {
            throw new Error(`power lost at call ${at}: ${String(error)}`);
          },
        );
        await power.closeAll();
        tried++;
      }
      console.log(`power lost at ${tried} of ${calls} calls of the journal: 0 ticks lost`);
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
      for (let at = 0; at < calls; at += full ? 1 : 13) {
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
        await checkAfter({ directory, tables: lancedb }, acknowledged).catch((error: unknown) => {
          throw new Error(`failed at call ${at} with ${code}: ${String(error)}`);
        });
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
