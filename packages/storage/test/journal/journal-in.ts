import type { FileSystem } from '@archetype/storage';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodeJson } from '../../src/codec/json-record.ts';
import { nodeFileSystem } from '../../src/file-system/node-file-system.ts';
import type { JournalOwner } from '../../src/journal/journal-options.ts';
import { Journal } from '../../src/journal/journal.ts';
import type { JournalReport } from '../../src/journal/read-journal.ts';

export const storeId = new Uint8Array(16).fill(7);

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'archetype journal é '));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Records of these tests are numbers. */
export const record = (value: number, bytes = 0) => {
  const json = encodeJson(9, value);
  return { kind: 9, body: [...json.body, new Uint8Array(bytes).fill(value)] };
};

export interface Opened {
  readonly journal: Journal;
  readonly values: number[];
  readonly report: JournalReport;
}

/** Whoever owns a journal, and knows this sequence to be acknowledged. */
export const ownerWho = (lastDurable: number): JournalOwner => ({
  forced: false,
  lastDurable,
  confirm: () => undefined,
  acknowledged: () => undefined,
  durable: () => undefined,
});

export async function openJournal(
  directory: string,
  fs: FileSystem = nodeFileSystem,
  id = storeId,
  owner = ownerWho(0),
): Promise<Opened> {
  const values: number[] = [];
  const journal = await Journal.open({
    fs,
    directory,
    storeId: id,
    next: 1,
    owner,
    onRecord: ({ body }) =>
      values.push(Number.parseInt(new TextDecoder().decode(body.subarray(0, 8)), 10)),
  });
  return { journal, values, report: journal.report };
}

/** What a journal holds, for somebody who knows this sequence to be acknowledged. */
export async function read(
  directory: string,
  acknowledged = 0,
): Promise<{ values: number[]; report: JournalReport }> {
  const owner = ownerWho(acknowledged);
  const { journal, values, report } = await openJournal(directory, nodeFileSystem, storeId, owner);
  await journal.close();
  return { values, report };
}
