import { ArchetypeError } from '@archetype/core';
import { nodeFileSystem, type FileSystem } from '@archetype/storage';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalOwner } from '../../src/journal/journal-options.ts';
import { Journal } from '../../src/journal/journal.ts';
import { ownerWho, record, storeId, temporaryDirectory } from './journal-in.ts';
import { wrapFile } from './wrap-file.ts';

async function openRelaxed(
  syncDelayMs: number,
  owner: Partial<JournalOwner>,
  fs: FileSystem = nodeFileSystem,
): Promise<Journal> {
  return Journal.open({
    fs,
    directory: join(await temporaryDirectory(), 'journal'),
    storeId,
    next: 1,
    onRecord: () => undefined,
    durability: { mode: 'relaxed', syncDelayMs },
    owner: { ...ownerWho(0), ...owner },
  });
}

/** A journal of which each sync waits until it is let go, and what its segment was told, in order. */
async function openHeld(syncDelayMs: number) {
  const calls: string[] = [];
  let held: PromiseWithResolvers<void> | undefined;
  const fs: FileSystem = {
    ...nodeFileSystem,
    create: async (path, use) => {
      const file = await nodeFileSystem.create(path, use);
      if (!path.endsWith('.log')) return file;
      return wrapFile(file, {
        write: async (buffers, position) => {
          await file.write(buffers, position);
          calls.push('write');
        },
        sync: async () => {
          calls.push('sync');
          await held?.promise;
          await file.sync();
        },
      });
    },
  };
  const journal = await openRelaxed(syncDelayMs, {}, fs);
  await journal.append(record(1));
  await expect.poll(() => calls.filter((call) => call === 'sync').length).toBe(2);
  held = Promise.withResolvers<void>();
  await journal.append(record(2));
  await expect.poll(() => calls.filter((call) => call === 'sync').length).toBe(3);
  const { resolve, reject } = held;
  return {
    journal,
    calls,
    letGo: (failure?: Error) => (failure === undefined ? resolve() : reject(failure)),
  };
}

test('what is written while a sync is under way is synced by the next, which comes by itself', async () => {
  const { journal, calls, letGo } = await openHeld(1);
  await journal.append(record(3));
  expect(calls.at(-1)).toBe('write');
  letGo();
  await expect.poll(() => calls.at(-1)).toBe('sync');
  await journal.close();
});

test('closing syncs what is written', async () => {
  const { journal, calls, letGo } = await openHeld(1);
  await journal.append(record(3));
  letGo();
  await journal.close();
  expect(calls.at(-1)).toBe('sync');
});

test('a file whose sync failed is not synced again, also when the journal is closed', async () => {
  const { journal, calls, letGo } = await openHeld(1);
  await journal.append(record(3));
  letGo(new Error('EIO: injected'));
  await expect.poll(() => journal.broken?.code).toBe('commit_unknown');
  const syncs = calls.filter((call) => call === 'sync').length;
  await expect(journal.close()).rejects.toMatchObject({ code: 'commit_unknown' });
  expect(calls.filter((call) => call === 'sync')).toHaveLength(syncs);
});

test('who was taken over before a sync tells the next owner nothing of what it covered', async () => {
  for (const lost of [false, true]) {
    let taken = false;
    const durable: number[] = [];
    const journal = await openRelaxed(20, {
      confirm: () => {
        if (taken) throw new ArchetypeError('stale_writer', 'The store is theirs.');
      },
      durable: (sequence) => void durable.push(sequence),
    });
    await journal.append(record(1));
    taken = lost;
    await journal.close();
    expect(durable).toEqual(lost ? [0] : [0, 1]);
  }
});

test('what was written and then refused is not noted as durable', async () => {
  const noted: number[] = [];
  let failing = false;
  const journal = await openRelaxed(50, {
    confirm: () => {
      if (failing) throw new Error('EIO: the owner cannot be read');
    },
    durable: (sequence) => void noted.push(sequence),
  });
  await journal.append(record(1));
  await journal.seal();
  await journal.append(record(2));
  failing = true;
  await expect(journal.append(record(3))).rejects.toMatchObject({ code: 'commit_failed' });
  expect(noted).not.toContain(3);
  failing = false;
  await journal.close();
  expect(noted).toContain(1);
});
