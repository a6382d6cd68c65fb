import { nodeFileSystem, type FileSystem } from '@archetype/storage';
import { expect, test } from 'vitest';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';
import { wrapFile } from './wrap-file.ts';

const LARGE = 1_100_000;

/** A disk whose syncs wait until they are told to go on, or to fail. Its calls on records, in order. */
function heldDisk() {
  const calls: string[] = [];
  const held: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let holding = false;
  let writing: Error | undefined;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    create: async (path) => {
      const file = await nodeFileSystem.create(path);
      const sync = async (): Promise<void> => {
        if (holding) {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          held.push({ resolve, reject });
          await promise;
        }
        await file.sync();
      };
      return wrapFile(file, {
        write: async (buffers, position) => {
          if (holding) calls.push('write');
          if (writing !== undefined) throw writing;
          await file.write(buffers, position);
        },
        writeSynced: async (buffers, position) => {
          calls.push('synced write');
          await file.write(buffers, position);
          await sync();
        },
        sync: async () => {
          if (holding) calls.push('sync');
          await sync();
        },
      });
    },
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    fileSystem,
    calls,
    until,
    hold: () => (holding = true),
    failWrites: (error: Error | undefined) => (writing = error),
    /** Ends the sync that is under way. */
    end: async (error?: Error): Promise<void> => {
      await until(() => held.length > 0);
      const { resolve, reject } = held.shift()!;
      if (error === undefined) resolve();
      else reject(error);
    },
    letGo: () => {
      holding = false;
      held.forEach(({ resolve }) => resolve());
    },
  };
}

/** A journal with one record, whose next syncs wait. */
async function begun() {
  const disk = heldDisk();
  const directory = await temporaryDirectory();
  const { journal } = await openJournal(directory, disk.fileSystem);
  await journal.append(record(1));
  disk.hold();
  disk.calls.length = 0;
  const told: number[] = [];
  const append = (value: number, bytes?: number): Promise<unknown> =>
    journal.append(record(value, bytes)).then(
      () => told.push(value),
      (error: { code: string }) => error.code,
    );
  return { ...disk, directory, journal, told, append };
}

test('large records are written while the disk works on others, share the sync that comes next, and are told in order', async () => {
  const { journal, append, calls, told, until, end, letGo, directory } = await begun();
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
});

test('small records wait for the sync under way, and share a write', async () => {
  const { journal, append, calls, until, end, letGo } = await begun();
  void append(2);
  await until(() => calls.length === 1);
  const rest = [append(3), append(4), append(5)];
  await new Promise((resolve) => setTimeout(resolve, 20));
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
  await end(new Error('EIO: injected'));
  letGo();
  expect(await Promise.all([...large, late])).toEqual(Array(3).fill('commit_failed'));
  expect(told).toEqual([2]);
  // The record that says what is absent, in a segment of its own; the file that failed is asked for nothing.
  expect(calls.slice(before)).toEqual(['synced write']);
  await journal.append(record(6));
  await journal.close();
  const { values, report } = await read(directory);
  expect(values).toEqual([1, 2, 6]);
  expect(report.damaged).toEqual([]);
});

test('a large record that cannot be written takes none with it that came before', async () => {
  const { journal, append, calls, told, until, failWrites, letGo, directory } = await begun();
  void append(2);
  await until(() => calls.length === 1);
  failWrites(new Error('ENOSPC: injected'));
  const large = append(3, LARGE);
  await until(() => calls.length === 2);
  failWrites(undefined);
  letGo();
  expect(await large).toBe('commit_failed');
  expect(told).toEqual([2]);
  await journal.append(record(4));
  await journal.close();
  expect((await read(directory)).values).toEqual([1, 2, 4]);
});

test('closing waits for what is under way, also while a failure is put in order', async () => {
  const { journal, append, calls, until, end, letGo, directory } = await begun();
  const small = append(2);
  await until(() => calls.length === 1);
  const large = append(3, LARGE);
  await until(() => calls.length === 2);
  const closing = journal.close();
  await end(new Error('EIO: injected'));
  letGo();
  await closing;
  expect(await Promise.all([small, large])).toEqual(['commit_failed', 'commit_failed']);
  const { values, report } = await read(directory);
  expect(values).toEqual([1]);
  expect(report.damaged).toEqual([]);
});
