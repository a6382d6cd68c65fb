import { nodeFileSystem, type FileSystem } from '@archetype/storage';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from '../../src/journal/journal.ts';
import { readSegment } from '../../src/journal/segment.ts';
import { openJournal, read, record, storeId, temporaryDirectory } from './journal-in.ts';
import { wrapFile } from './wrap-file.ts';

const LARGE = 1_100_000;

/** So long that whatever does not wait for the disk has happened. */
async function turns(n: number): Promise<void> {
  for (let k = 0; k < n; k++) await new Promise((resolve) => setImmediate(resolve));
}

type Call = 'synced write' | 'write' | 'sync' | 'truncate';

/** A disk on which some calls wait until they are told to go on, or to fail. */
function heldDisk() {
  /** Calls on files, in order. */
  const calls: Call[] = [];
  const held: PromiseWithResolvers<void>[] = [];
  let holding: readonly Call[] = [];
  let failure: Error | undefined;
  const begin = async (call: Call): Promise<void> => {
    calls.push(call);
    if (!holding.includes(call)) return;
    const ending = Promise.withResolvers<void>();
    held.push(ending);
    await ending.promise;
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: async (path, use) => {
      const file = await nodeFileSystem.create(path, use);
      return wrapFile(file, {
        write: async (buffers, position) => {
          await begin('write');
          if (failure !== undefined) throw failure;
          await file.write(buffers, position);
        },
        writeSynced: async (buffers, position) => {
          await begin('synced write');
          await file.writeSynced(buffers, position);
        },
        sync: async () => {
          await begin('sync');
          await file.sync();
        },
        truncate: async (size) => {
          await begin('truncate');
          await file.truncate(size);
        },
      });
    },
  };
  const until = async (condition: () => boolean): Promise<void> => {
    const began = performance.now();
    while (!condition()) {
      await turns(1);
      if (performance.now() - began > 5_000) throw new Error(`It never was; calls: ${calls}.`);
    }
  };
  return {
    fileSystem,
    calls,
    until,
    hold: (...some: readonly Call[]) => (holding = some),
    failWrites: (error: Error | undefined) => (failure = error),
    /** Ends a call that waits, the oldest or the one `behind` so many others: well, or with `error`. */
    end: async ({ error, behind = 0 }: { error?: Error; behind?: number } = {}): Promise<void> => {
      await until(() => held.length > behind);
      const { resolve, reject } = held.splice(behind, 1)[0]!;
      if (error === undefined) resolve();
      else reject(error);
    },
    letGo: () => {
      holding = [];
      held.forEach(({ resolve }) => resolve());
    },
  };
}

/** A journal with one record, on a disk whose next calls of some kinds wait. */
async function begun(...held: readonly Call[]) {
  const disk = heldDisk();
  const directory = await temporaryDirectory();
  const { journal } = await openJournal(directory, disk.fileSystem);
  const segment = await journal.append(record(1));
  disk.hold(...(held.length > 0 ? held : (['synced write', 'sync'] as const)));
  disk.calls.length = 0;
  const told: number[] = [];
  const append = (value: number, bytes?: number): Promise<unknown> =>
    journal.append(record(value, bytes)).then(
      () => told.push(value),
      (error: { code: string }) => error.code,
    );
  return { ...disk, directory, segment, journal, told, append };
}

test('large records are written while the disk works on others, share the sync that comes next, and are told in order', async () => {
  const { journal, append, calls, told, until, end, letGo, directory, segment } = await begun();
  void append(2);
  await until(() => calls.length === 1);
  void append(3, LARGE);
  await until(() => calls.length === 2);
  void append(4, LARGE);
  await until(() => calls.length === 3);
  expect(calls).toEqual(['synced write', 'write', 'write']);
  expect(told).toEqual([]);
  await end();
  await until(() => calls.length === 4);
  expect(told).toEqual([2]);
  expect(calls).toEqual(['synced write', 'write', 'write', 'sync']);
  await end();
  await until(() => told.length === 3);
  expect(told).toEqual([2, 3, 4]);
  letGo();
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, 3, 4]);
  // Those behind may be on the disk without those before.
  const { frames } = await readSegment(nodeFileSystem, directory, segment, storeId);
  expect(frames.map(({ unproven }) => unproven)).toEqual([0, 0, 1, 2]);
});

test('many small records that are large together are written beside a sync, from memory of their own', async () => {
  const { journal, append, calls, until, letGo, directory } = await begun();
  const first = append(2, 12_000);
  await until(() => calls.length === 1);
  const values = Array.from({ length: 100 }, (_, k) => k + 3);
  const rest = values.map((value) => append(value, 12_000));
  await until(() => calls.length === 2);
  expect(calls).toEqual(['synced write', 'write']);
  letGo();
  await Promise.all([first, ...rest]);
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, ...values]);
});

test('two writes of many small records have memory of their own each', async () => {
  const { journal, append, calls, until, letGo, directory } = await begun('synced write', 'write');
  const all = [append(2)];
  await until(() => calls.length === 1);
  const values = Array.from({ length: 200 }, (_, k) => k + 3);
  for (const [k, value] of values.entries()) {
    all.push(append(value, 12_000));
    if (k === 99) await until(() => calls.length === 2);
  }
  await until(() => calls.length === 3);
  expect(calls).toEqual(['synced write', 'write', 'write']);
  letGo();
  await Promise.all(all);
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, ...values]);
});

test.each(['durable', 'relaxed'] as const)(
  'the file system is told that segments of a %s journal count once they are synced',
  async (mode) => {
    const uses: unknown[] = [];
    const journal = await Journal.open({
      fs: {
        ...nodeFileSystem,
        create: (path, use) => {
          if (path.endsWith('.log')) uses.push(use);
          return nodeFileSystem.create(path, use);
        },
      },
      directory: await temporaryDirectory(),
      storeId,
      next: 1,
      onRecord: () => undefined,
      durability: { mode, syncDelayMs: 0 },
    });
    await journal.append(record(1));
    await journal.close();
    expect(uses).toEqual([{ durable: mode === 'durable' }]);
  },
);

test('at most two writes are under way beside a sync', async () => {
  const { journal, append, calls, until, letGo, directory } = await begun('synced write', 'write');
  const all = [append(2)];
  await until(() => calls.length === 1);
  for (const value of [3, 4]) {
    all.push(append(value, LARGE));
    await until(() => calls.length === value - 1);
  }
  all.push(append(5, LARGE));
  await turns(50);
  expect(calls).toEqual(['synced write', 'write', 'write']);
  letGo();
  await Promise.all(all);
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, 3, 4, 5]);
});

/** Record 2 is acknowledged; 3 and 4 are being written, and the disk has ended with 4. */
async function secondWritten() {
  const disk = await begun('synced write', 'write');
  const { append, calls, told, until, end } = disk;
  void append(2);
  await until(() => calls.length === 1);
  const large = [append(3, LARGE)];
  await until(() => calls.length === 2);
  large.push(append(4, LARGE));
  await until(() => calls.length === 3);
  await end();
  await end({ behind: 1 });
  await until(() => told.length === 1);
  return { ...disk, large };
}

test('a write that ends before an earlier one is told after it, and no frame takes either for durable', async () => {
  const { journal, append, calls, told, large, end, until, letGo, hold, directory, segment } =
    await secondWritten();
  await turns(50);
  expect(calls).toEqual(['synced write', 'write', 'write']);
  hold('sync');
  await end();
  await until(() => calls.length === 4);
  expect(told).toEqual([2]);
  const last = append(5, LARGE);
  letGo();
  await Promise.all([...large, last]);
  expect(told).toEqual([2, 3, 4, 5]);
  await journal.close();
  const { frames } = await readSegment(nodeFileSystem, directory, segment, storeId);
  expect(frames.map(({ unproven }) => unproven)).toEqual([0, 0, 1, 2, 2]);
});

test('when a write fails, a later one that has ended is refused with it', async () => {
  const { journal, calls, told, large, end, letGo, hold, directory } = await secondWritten();
  hold();
  await end({ error: new Error('EIO: injected') });
  letGo();
  expect(await Promise.all(large)).toEqual(['commit_failed', 'commit_failed']);
  expect(told).toEqual([2]);
  expect(calls[3]).toBe('truncate');
  await journal.append(record(5));
  await journal.close();
  const { values, report } = await read(directory);
  expect(values).toEqual([1, 2, 5]);
  expect(report.damaged).toEqual([]);
});

test('when a later write fails first, an earlier one is told, and stays', async () => {
  const { journal, append, calls, told, until, end, letGo, directory } = await begun(
    'synced write',
    'write',
  );
  void append(2);
  await until(() => calls.length === 1);
  void append(3, LARGE);
  await until(() => calls.length === 2);
  const later = append(4, LARGE);
  await until(() => calls.length === 3);
  await end();
  await end({ error: new Error('EIO: injected'), behind: 1 });
  await turns(50);
  letGo();
  expect(await later).toBe('commit_failed');
  expect(told).toEqual([2, 3]);
  await journal.append(record(5));
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, 3, 5]);
});

test('a write syncs itself only when none before it is on its way', async () => {
  const { journal, append, calls, told, until, end, letGo, directory } = await begun(
    'synced write',
    'write',
  );
  void append(2);
  await until(() => calls.length === 1);
  for (const value of [3, 4]) {
    void append(value, LARGE);
    await until(() => calls.length === value - 1);
  }
  await end();
  await end();
  // 3 is synced and 4 is not written.
  await until(() => told.includes(3));
  void append(5, LARGE);
  await until(() => calls.length === 5);
  expect(calls).toEqual(['synced write', 'write', 'write', 'sync', 'write']);
  letGo();
  await until(() => told.length === 4);
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, 3, 4, 5]);
});

test('small records wait for the sync under way, and share a write', async () => {
  const { journal, append, calls, until, end, letGo } = await begun();
  void append(2);
  await until(() => calls.length === 1);
  const rest = [append(3), append(4), append(5)];
  await turns(50);
  expect(calls).toEqual(['synced write']);
  await end();
  await until(() => calls.length === 2);
  expect(calls).toEqual(['synced write', 'synced write']);
  letGo();
  await Promise.all(rest);
  await journal.close();
});

test('what was written after a sync began is not acknowledged by it', async () => {
  const { journal, append, calls, told, until, end, letGo } = await begun();
  void append(2);
  await until(() => calls.length === 1);
  void append(3, LARGE);
  await until(() => calls.length === 2);
  await end();
  await until(() => calls.includes('sync'));
  void append(4, LARGE);
  await until(() => calls.length === 4);
  await end();
  await until(() => told.includes(3) && calls.length === 5);
  expect(calls).toEqual(['synced write', 'write', 'sync', 'write', 'sync']);
  expect(told).toEqual([2, 3]);
  letGo();
  await until(() => told.length === 3);
  await journal.close();
});

test('when a sync fails, all that it was to cover is refused, what was acknowledged before stays, and the file is not synced again', async () => {
  const { journal, append, calls, told, until, end, letGo, directory } = await begun();
  void append(2);
  await until(() => calls.length === 1);
  const large = [append(3, LARGE), append(4, LARGE)];
  await until(() => calls.filter((call) => call === 'write').length === 2);
  await end();
  await until(() => calls.includes('sync'));
  const late = append(5);
  const before = calls.length;
  await end({ error: new Error('EIO: injected') });
  letGo();
  expect(await Promise.all([...large, late])).toEqual(Array(3).fill('commit_failed'));
  expect(told).toEqual([2]);
  // Cut, and in a segment of its own, with its header, the record that says what is absent; the file that failed is not synced.
  expect(calls.slice(before)).toEqual(['truncate', 'write', 'sync', 'synced write']);
  await journal.append(record(6));
  await journal.close();
  const { values, report } = await read(directory);
  expect(values).toEqual([1, 2, 6]);
  expect(report.damaged).toEqual([]);
});

test('a large record that cannot be written takes none with it that came before', async () => {
  const { journal, append, calls, told, until, failWrites, letGo, directory, segment } =
    await begun();
  void append(2);
  await until(() => calls.length === 1);
  failWrites(new Error('ENOSPC: injected'));
  const large = append(3, LARGE);
  await until(() => calls.length === 2);
  failWrites(undefined);
  letGo();
  expect(await large).toBe('commit_failed');
  expect(told).toEqual([2]);
  expect((await stat(join(directory, segment))).size).toBeLessThan(1_000);
  await journal.append(record(4));
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, 4]);
});

test('while a failure is put in order nothing is written, and what was appended behind it is refused', async () => {
  const { journal, append, calls, until, hold, end, letGo, directory } = await begun();
  const small = append(2);
  await until(() => calls.length === 1);
  const large = append(3, LARGE);
  await until(() => calls.length === 2);
  hold('truncate');
  await end({ error: new Error('EIO: injected') });
  await until(() => calls.includes('truncate'));
  const late = append(4, LARGE);
  await turns(50);
  expect(calls).toEqual(['synced write', 'write', 'truncate']);
  letGo();
  expect(await Promise.all([small, large, late])).toEqual(Array(3).fill('commit_failed'));
  calls.length = 0;
  // What was refused waits no more: small ones share the next write.
  hold('synced write');
  const after = [append(5)];
  await until(() => calls.includes('synced write'));
  const before = calls.length;
  after.push(append(6));
  await turns(50);
  expect(calls).toHaveLength(before);
  letGo();
  await Promise.all(after);
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 5, 6]);
});

test('what is being written when a sync fails comes to its end before the file is cut, and is not synced', async () => {
  const { journal, append, calls, until, end, letGo, hold } = await begun('synced write', 'write');
  const all = [append(2)];
  await until(() => calls.length === 1);
  all.push(append(3, LARGE));
  await until(() => calls.length === 2);
  await end({ error: new Error('EIO: injected') });
  await turns(50);
  expect(calls).toEqual(['synced write', 'write']);
  hold('truncate');
  await end();
  await until(() => calls.length > 2);
  expect(calls).toEqual(['synced write', 'write', 'truncate']);
  letGo();
  expect(await Promise.all(all)).toEqual(['commit_failed', 'commit_failed']);
  await journal.close();
});

test('closing waits for what is under way, also while a failure is put in order', async () => {
  const { journal, append, calls, until, end, letGo, directory } = await begun();
  const small = append(2);
  await until(() => calls.length === 1);
  const large = append(3, LARGE);
  await until(() => calls.length === 2);
  const closing = journal.close();
  await end({ error: new Error('EIO: injected') });
  letGo();
  await closing;
  expect(await Promise.all([small, large])).toEqual(['commit_failed', 'commit_failed']);
  const { values, report } = await read(directory);
  expect(values).toEqual([1]);
  expect(report.damaged).toEqual([]);
});
