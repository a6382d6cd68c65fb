import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { argumentsOf, noDisk, onDisk, run } from './own-disk.ts';
import { temporaryDirectory } from './walkers.ts';

if (noDisk !== undefined) console.log(`Tests on small disks are skipped: ${noDisk}`);

test.skipIf(noDisk !== undefined)(
  'a full disk: the step says so, what was acknowledged stays readable, and with room again it goes on',
  async () => {
    const seen = await onDisk(new URL('child/full-journal.ts', import.meta.url), '6m');
    const { full, tick } = seen as { full: number; tick: number };
    expect(full).toBeGreaterThan(100);
    expect(tick).toBeGreaterThan(full);
    expect(seen).toEqual({
      full,
      refused: expect.stringMatching(/^commit_failed: .*ENOSPC.*safe to try again/),
      readable: full + 1,
      sameStore: 'fine',
      refusals: ['commit_failed:'],
      tick,
      closed: 'fine',
      kept: tick,
      ticks: tick + 2,
      sound: true,
      lostTicks: [],
    });
  },
);
test.skipIf(noDisk !== undefined)(
  'a disk too full for a flush: health and the next step say so, ticks go on into the journal, and with room again it is flushed',
  async () => {
    const seen = await onDisk(new URL('child/full-flush.ts', import.meta.url), '16m');
    const { tick } = seen as { tick: number };
    expect(seen).toEqual({
      lastFailure: expect.stringMatching(/No space left|disk is full|ENOSPC/),
      waitingBytes: expect.any(Number),
      left: [],
      next: expect.stringMatching(/^flush_failed: .*Nothing is lost/),
      after: 'fine',
      asked: expect.stringMatching(/^flush_failed: /),
      tick: 101,
      flushed: 'fine',
      waitingAfter: 0,
      parts: true,
      stepped: 'fine',
      ticks: tick + 2,
      sound: true,
    });
  },
);
test.skipIf(noDisk !== undefined)(
  'a disk mounted read-only: stores on it can be read, from parts and from the journal, and whoever would write is told',
  async () => {
    const readable = {
      ticks: [0, 1, 2, 3, 4],
      resumed: expect.stringMatching(/^read_only: /),
      opened: expect.stringMatching(/^storage_unavailable: .*could not be opened/),
    };
    expect(await onDisk(new URL('child/read-only-mount.ts', import.meta.url), '16m')).toEqual({
      seen: [readable, readable],
      fresh: expect.stringMatching(/^storage_unavailable: .*EROFS/),
    });
  },
);
test('a directory of another user: it can be read, and whoever would write in it or beside it is told', async () => {
  const place = await temporaryDirectory();
  onTestFinished(async () => {
    await chmod(place, 0o755);
    await chmod(join(place, 'store'), 0o755);
  });
  const seen = await run(process.execPath, [
    ...argumentsOf(new URL('child/unprivileged.ts', import.meta.url)),
    place,
  ]);
  expect(seen).toEqual({
    ticks: [0, 1, 2, 3, 4],
    writing: expect.stringMatching(/^storage_unavailable: .*could not be opened/),
    making: expect.stringMatching(/^storage_unavailable: .*EACCES/),
    inside: expect.stringMatching(/^storage_unavailable: .*permissions/),
  });
});
