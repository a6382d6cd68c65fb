import { cp, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nodeFileSystem } from '../../src/index.ts';
import { JournalTail } from '../../src/journal/journal-tail.ts';
import type { Durability } from '../../src/journal/journal-options.ts';
import { Journal } from '../../src/journal/journal.ts';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';
import { wrapFile } from './wrap-file.ts';

const storeId = new Uint8Array(16).fill(7);
const confirm = (): void => undefined;
const told: number[] = [];
const durable = (sequence: number): void => void told.push(sequence);

interface Written {
  readonly directory: string;
  readonly file: string;
  /** Where each record begins and ends. */
  readonly frames: readonly { readonly begin: number; readonly end: number }[];
}

/** A journal of one segment, in which the records of a group share a write. */
async function written(
  groups: readonly (readonly number[])[],
  { durability, bytes = 40 }: { durability?: Durability; bytes?: number } = {},
): Promise<Written> {
  const directory = await temporaryDirectory();
  const journal = await Journal.open({
    fs: nodeFileSystem,
    directory,
    storeId,
    next: 1,
    onRecord: () => undefined,
    ...(durability && { durability }),
  });
  for (const group of groups)
    await Promise.all(group.map((value) => journal.append(record(value, bytes))));
  await journal.close();
  const name = (await readdir(directory)).find((entry) => entry.endsWith('.log'))!;
  const file = join(directory, name);
  const content = await readFile(file);
  const frames: { begin: number; end: number }[] = [];
  for (let begin = 64; begin < content.length; begin = frames.at(-1)!.end)
    frames.push({ begin, end: begin + 32 + content.readUInt32LE(begin + 16) });
  return { directory, file, frames };
}

/** A copy in which some records are zeros, as if they had never come to the disk. */
async function without({ directory, file, frames }: Written, values: readonly number[]) {
  const copy = await mkdtemp(join(tmpdir(), 'archetype-torn-'));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await cp(directory, copy, { recursive: true });
  const path = join(copy, file.slice(file.lastIndexOf('/') + 1));
  const handle = await open(path, 'r+');
  for (const value of values) {
    const { begin, end } = frames[value - 1]!;
    await handle.write(new Uint8Array(end - begin), 0, end - begin, begin);
  }
  await handle.close();
  return { copy, path };
}

const follow = async (directory: string, lastDurable: number): Promise<number[]> => {
  const tail = new JournalTail(directory, storeId, 0);
  const found = await tail.read({ to: Number.MAX_SAFE_INTEGER, lastDurable });
  return found.map(({ frame }) => frame.sequence);
};

test.each([
  { lost: [2], kept: [1] },
  { lost: [3], kept: [1, 2] },
  { lost: [4], kept: [1, 2, 3] },
  { lost: [2, 3], kept: [1] },
  { lost: [2, 4], kept: [1] },
])(
  'the power fails in one write of 2, 3 and 4, and $lost never came to the disk: $kept are there, and nothing is damaged',
  async ({ lost, kept }) => {
    // Small ones are copied before they are written, others are not.
    for (const bytes of [40, 20_000]) await check(bytes);
    async function check(bytes: number): Promise<void> {
      const { copy } = await without(await written([[1], [2, 3, 4]], { bytes }), lost);
      // Who only reads sees what the next owner will find.
      expect(await follow(copy, 0)).toEqual(kept);
      const { values, report } = await read(copy, 1);
      expect(values).toEqual(kept);
      expect(report).toMatchObject({ damaged: [], missingRecords: 0 });
      expect(report.quarantined).toHaveLength(1);
      const { journal } = await openJournal(copy);
      await journal.append(record(9));
      await journal.close();
      expect((await read(copy)).values).toEqual([...kept, 9]);
    }
  },
);

test('a record that was acknowledged is damaged, not torn: a later write proves that it was there', async () => {
  const { copy } = await without(await written([[1], [2, 3, 4], [5]]), [3]);
  expect(await follow(copy, 0)).toEqual([1, 2, 4, 5]);
  const { values, report } = await read(copy);
  expect(values).toEqual([1, 2, 4, 5]);
  expect(report).toMatchObject({ quarantined: [], missingRecords: 0 });
  expect(report.damaged).toHaveLength(1);
});

test('… and so does its acknowledgement', async () => {
  const { copy } = await without(await written([[1], [2, 3, 4]]), [3]);
  expect(await follow(copy, 4)).toEqual([1, 2, 4]);
  const { values, report } = await read(copy, 4);
  expect(values).toEqual([1, 2, 4]);
  expect(report.damaged).toHaveLength(1);
});

test('in a sealed segment too', async () => {
  const { copy } = await without(await written([[1], [2, 3, 4]]), [3]);
  const { copy: whole } = await without(await written([[1], [2, 3, 4]]), []);
  const { journal } = await openJournal(whole);
  await journal.append(record(5));
  await journal.close();
  const next = (await readdir(whole)).findLast((name) => name.endsWith('.log'))!;
  await cp(join(whole, next), join(copy, next));
  expect(await follow(copy, 0)).toEqual([1, 2, 4, 5]);
  expect((await read(copy)).report.damaged).toHaveLength(1);
});

test('relaxed: what no sync has covered proves nothing', async () => {
  const whole = await written([[1], [2], [3], [4]], {
    durability: { mode: 'relaxed', syncDelayMs: 300 },
  });
  const { copy } = await without(whole, [2]);
  const { values, report } = await read(copy, 1);
  expect(values).toEqual([1]);
  expect(report).toMatchObject({ damaged: [], missingRecords: 0 });
  expect(report.quarantined).toHaveLength(1);
});

test('acknowledged records that are not there are counted, whatever became of them', async () => {
  const whole = await written([[1], [2], [3]]);
  expect((await read(whole.directory, 3)).report.missingRecords).toBe(0);
  const cut = await without(whole, []);
  // A segment that ends with a whole record is as sound as any.
  await truncate(cut.path, whole.frames[1]!.end);
  expect((await read(cut.copy, 3)).report).toMatchObject({ missingRecords: 1, quarantined: [] });
  const zeroed = await without(whole, [3]);
  expect((await read(zeroed.copy, 3)).report.missingRecords).toBe(1);
  const gone = await without(whole, []);
  await rm(gone.path);
  const opened = await read(gone.copy, 3);
  expect(opened).toMatchObject({ values: [], report: { missingRecords: 3 } });
  const header = await without(whole, []);
  await writeFile(header.path, (await readFile(header.path)).subarray(0, 64));
  expect((await read(header.copy, 3)).report.missingRecords).toBe(3);
});

test('what never was a record is not counted: sequences left to a former owner, and those of a write that failed', async () => {
  const whole = await written([[1], [2]]);
  const taken = await Journal.open({
    fs: nodeFileSystem,
    directory: whole.directory,
    storeId,
    next: 1,
    onRecord: () => undefined,
    owner: { forced: true, lastDurable: 2, confirm, acknowledged: confirm, durable },
  });
  await taken.append(record(3));
  await taken.append(record(4));
  await taken.close();
  const names = (await readdir(whole.directory)).filter((name) => name.endsWith('.log'));
  const last = join(whole.directory, names.at(-1)!);
  const bytes = await readFile(last);
  await truncate(last, bytes.lastIndexOf('FRAM'));
  const { values, report } = await read(whole.directory, told.at(-1));
  expect(values).toEqual([1, 2, 3]);
  expect(report.missingRecords).toBe(1);
});

test('a record that is missing stays so until others are written, and its sequence is not given again', async () => {
  const { directory, frames, file } = await written([[1], [2], [3]]);
  await truncate(file, frames[0]!.end);
  let last = 3;
  const reopen = async () =>
    openJournal(directory, nodeFileSystem, storeId, {
      forced: false,
      lastDurable: last,
      confirm,
      acknowledged: confirm,
      durable: (sequence) => void (last = sequence),
    });
  for (let life = 0; life < 2; life++) {
    const { journal, report } = await reopen();
    expect(report.missingRecords).toBe(2);
    await journal.close();
  }
  const { journal } = await reopen();
  await journal.append(record(4));
  await journal.close();
  expect(last).toBe(4);
  expect((await reopen()).report.missingRecords).toBe(0);
});

test('what a killed process left unsynced is synced before anything is built on it', async () => {
  const { directory, file } = await written([[1], [2]]);
  const synced: string[] = [];
  const { journal } = await openJournal(directory, {
    ...nodeFileSystem,
    open: async (path) =>
      wrapFile(await nodeFileSystem.open(path), { sync: async () => void synced.push(path) }),
  });
  await journal.close();
  expect(synced).toEqual([file]);
});
