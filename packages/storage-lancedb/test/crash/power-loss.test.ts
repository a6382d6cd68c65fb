import { lancedb } from '@archetype/storage-lancedb';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Played } from './checker.ts';
import { Checks } from './checks.ts';
import { live, placeOf } from './life.ts';
import { points } from './points.ts';
import { copyAfterPowerLoss, losses } from './power-loss.ts';

/** Every step with `ARCHETYPE_CRASH=full`; else a spread of them. */
const full = process.env['ARCHETYPE_CRASH'] === 'full';
const every = full ? 1 : 89;
const LONG = 3 * 3_600_000;

const checks = new Map(losses.map((loss) => [loss, new Checks()]));
afterAll(() => checks.forEach((some) => some.end()));

/** A place whose directories down to the store's own are not made yet, and where syncs are recorded. */
async function inPlace<T>(
  work: (at: { place: string; directory: string; syncLog: string }) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'archetype power é '));
  const place = join(root, 'disk');
  await mkdir(place);
  try {
    return await work({
      place,
      directory: join(place, 'data', 'default'),
      syncLog: join(root, 'syncs'),
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Loses power at one step of a script, and opens what each kind of loss leaves; answers whether it came to that step. */
async function losePower(step: string, script: URL, played: Played): Promise<boolean> {
  return inPlace(async ({ place, directory, syncLog }) => {
    const { acknowledged, done } = await live(directory, { at: placeOf(step), syncLog }, script);
    if (done) return false;
    const lost = new Set<string>();
    const opening = losses.map(async (loss) => {
      const copy = join(place, '..', loss);
      const what = await copyAfterPowerLoss(place, copy, syncLog, loss);
      if (lost.has(what)) return;
      lost.add(what);
      await checks
        .get(loss)!
        .after(
          `the power failed at ${step}, and what was not synced lost its ${loss}`,
          { directory: join(copy, 'data', 'default'), tables: lancedb, graceSec: 0 },
          acknowledged,
          played,
        );
    });
    await Promise.all(opening);
    return true;
  });
}

test(
  'the power fails at any step of flush, merge and sweep, and of files and names only what was synced is left: no tick is lost',
  async () => {
    const { steps } = await inPlace(({ directory, syncLog }) => live(directory, { syncLog }));
    let tried = 0;
    for (const k of points('the power fails at a step', steps.length, { every }))
      if (await losePower(steps[k]!, new URL('child.ts', import.meta.url), 'script')) tried++;
    console.log(
      `power lost at ${tried} of ${steps.length} steps and syncs, ${losses.length} kinds of loss each: 0 ticks lost`,
    );
    expect(tried).toBeGreaterThan(3);
  },
  LONG,
);

test(
  'the power fails while a part that ticks are read from gets an index: its rows are there, by scan and by entity',
  async () => {
    const script = new URL('crowd-child.ts', import.meta.url);
    const { steps } = await inPlace(({ directory, syncLog }) =>
      live(directory, { syncLog }, script),
    );
    const indexing = steps.slice(steps.findIndex((step) => step.endsWith('after write')));
    let tried = 0;
    const some = { every: full ? 1 : 30, first: 1 };
    for (const k of points('the power fails while indexing', indexing.length, some))
      if (await losePower(indexing[k]!, script, 'crowd')) tried++;
    console.log(
      `power lost at ${tried} of ${indexing.length} steps and syncs of an index, ${losses.length} kinds of loss each: 0 rows lost`,
    );
    expect(tried).toBeGreaterThan(1);
  },
  LONG,
);
