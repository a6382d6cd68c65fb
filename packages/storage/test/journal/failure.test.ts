import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FaultyFileSystem } from './faulty-file-system.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';

/** Append 1, 2, … and seal between: one thing after the other, or all at once with the next segments made meanwhile. */
const scripts = {
  'by turns': async (journal: Journal, append: (value: number) => Promise<unknown>) => {
    for (let value = 1; value <= 8; value += 2) {
      await Promise.all([append(value), append(value + 1)]);
      if (value === 3) await journal.seal();
    }
  },
  'at once': async (journal: Journal, append: (value: number) => Promise<unknown>) => {
    const under = [append(1), append(2), journal.seal({ more: true }), append(3), append(4)];
    await Promise.all([...under, journal.seal(), append(5)]);
    const rest = [append(6), journal.seal({ more: true })];
    await Promise.all([...rest, append(7), append(8)]);
  },
  /** Large ones are written beside what is under way, across segments too. */
  large: async (journal: Journal, append: (value: number, bytes?: number) => Promise<unknown>) => {
    const large = 1_100_000;
    const first = [append(1), append(2, large), append(3, large), append(4)];
    await first[0];
    const under = [append(5, large), journal.seal({ more: true }), append(6, large), append(7)];
    await Promise.all([...first, ...under, journal.seal({ more: true }), append(8)]);
  },
  /** They have more to compute than a write takes, so that half of them are told while the others are written. */
  'with much between': async (_journal: Journal, append: (value: number) => Promise<unknown>) => {
    let next = 1;
    const caller = async (): Promise<void> => {
      while (next <= 24) {
        const until = performance.now() + 1;
        while (performance.now() < until);
        await append(next++);
      }
    };
    await Promise.all([caller(), caller(), caller(), caller()]);
  },
} as const;
type Script = (
  journal: Journal,
  append: (value: number, bytes?: number) => Promise<unknown>,
) => Promise<unknown>;

/** How each record of a script ended. */
async function play(
  script: Script,
  directory: string,
  fs: FaultyFileSystem,
): Promise<{ acknowledged: number[]; absent: number[]; unknown: number[] }> {
  const ends = { acknowledged: [] as number[], absent: [] as number[], unknown: [] as number[] };
  const { journal } = await openJournal(directory, fs);
  await script(journal, (value, bytes) =>
    journal.append(record(value, bytes)).then(
      () => ends.acknowledged.push(value),
      (error: { code: string }) =>
        (error.code === 'commit_failed' ? ends.absent : ends.unknown).push(value),
    ),
  );
  await journal.close();
  return ends;
}

async function calls(script: Script): Promise<number> {
  const directory = await temporaryDirectory();
  const fs = new FaultyFileSystem();
  await play(script, directory, fs);
  return fs.calls;
}

test.each(Object.entries<Script>(scripts))(
  '%s: whichever call fails, what was acknowledged is there and what was refused is not',
  async (_, script) => {
    const count = await calls(script);
    let points = 0;
    let unknown = 0;
    for (let first = 0; first < count; first++) {
      // A second failure follows at each distance, so that saying "absent" fails too.
      for (const second of [undefined, 1, 2, 3, 4, 5, 6]) {
        const directory = await mkdtemp(join(tmpdir(), 'archetype-fail-'));
        const at = new Set(second === undefined ? [first] : [first, first + second]);
        const fs = new FaultyFileSystem({ at, kind: 'fail' });
        const ends = await play(script, directory, fs).catch(() => undefined);
        await fs.closeAll();
        if (ends !== undefined) {
          const { values } = await read(directory);
          for (const value of ends.acknowledged)
            expect(
              values.filter((v) => v === value),
              `calls ${[...at]}`,
            ).toHaveLength(1);
          for (const value of ends.absent) expect(values, `calls ${[...at]}`).not.toContain(value);
          if (second === undefined) expect(ends.unknown, `call ${first}`).toEqual([]);
          unknown += ends.unknown.length;
        }
        await rm(directory, { recursive: true, force: true });
        points++;
      }
    }
    expect(unknown).toBeGreaterThan(0);
    console.log(`journal failed at ${points} points`);
  },
);

test.each(Object.entries<Script>(scripts))(
  '%s: killed at any call, it loses and doubles nothing that was acknowledged',
  async (_, script) => {
    const count = await calls(script);
    for (let call = 0; call < count; call++) {
      const directory = await mkdtemp(join(tmpdir(), 'archetype-kill-'));
      const fs = new FaultyFileSystem({ at: new Set([call]), kind: 'die' });
      const acknowledged: number[] = [];
      const dead = new Promise<void>((resolve) => {
        fs.died = resolve;
      });
      const life = (async () => {
        const { journal } = await openJournal(directory, fs);
        await script(journal, (value, bytes) =>
          journal.append(record(value, bytes)).then(() => acknowledged.push(value)),
        );
        await journal.close();
      })();
      await Promise.race([dead, life]);
      await fs.closeAll();
      const { values } = await read(directory);
      expect(values, `call ${call}`).toEqual(values.map((_value, k) => k + 1));
      expect(values.slice(0, acknowledged.length), `call ${call}`).toEqual(acknowledged);
      await rm(directory, { recursive: true, force: true });
    }
    console.log(`journal killed at ${count} points`);
  },
);

test('1 000 records appended together share a few syncs and are acknowledged in order', async () => {
  const directory = await temporaryDirectory();
  const fs = new FaultyFileSystem();
  const { journal } = await openJournal(directory, fs);
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 1000 }, (_, k) =>
      journal.append(record(k + 1)).then(() => order.push(k + 1)),
    ),
  );
  expect(order).toEqual(Array.from({ length: 1000 }, (_, k) => k + 1));
  expect(fs.syncs).toBeLessThan(10);
  await journal.close();
  expect((await read(directory)).values).toHaveLength(1000);
});
