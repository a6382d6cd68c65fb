import { cp, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nodeFileSystem } from '../../src/index.ts';
import { JournalTail } from '../../src/journal/journal-tail.ts';
import type { Durability } from '../../src/journal/journal-options.ts';
import { Journal } from '../../src/journal/journal.ts';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';

const storeId = new Uint8Array(16).fill(7);

interface Written {
  readonly directory: string;
  readonly file: string;
  /** Where each record begins and ends. */
  readonly frames: readonly { readonly begin: number; readonly end: number }[];
}

/** A journal of one segment, in which the records of a group share a write. */
async function written(
  groups: readonly (readonly number[])[],
  durability?: Durability,
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
    await Promise.all(group.map((value) => journal.append(record(value, 40))));
  await journal.close();
  const name = (await readdir(directory)).find((entry) => entry.endsWith('.log'))!;
  const file = join(directory, name);
  const bytes = await readFile(file);
  const frames: { begin: number; end: number }[] = [];
  for (let begin = 64; begin < bytes.length; begin = frames.at(-1)!.end)
    frames.push({ begin, end: begin + 32 + bytes.readUInt32LE(begin + 16) });
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

const follow = async (directory: string, known: number): Promise<number[]> => {
  const tail = new JournalTail(directory, storeId, 0);
  const found = await tail.read({ to: Number.MAX_SAFE_INTEGER, known });
  return found.map(({ frame }) => frame.sequence);
};

test.each([
  { lost: [2], kept: [1] },
  { lost: [3], kept: [1, 2] },
  { lost: [4], kept: [1, 2, 3] },
  { lost: [2, 3], kept: [1] },
])(
  'the power fails in one write of 2, 3 and 4, and $lost never came to the disk: $kept are there, and nothing is damaged',
  async ({ lost, kept }) => {
    const { copy } = await without(await written([[1], [2, 3, 4]]), lost);
    // Who only reads sees what the next owner will find.
    expect(await follow(copy, 0)).toEqual(kept);
    const { values, report } = await read(copy, 1);
    expect(values).toEqual(kept);
    expect(report).toMatchObject({ damaged: [], missing: 0 });
    expect(report.quarantined).toHaveLength(1);
    const { journal } = await openJournal(copy);
    await journal.append(record(9));
    await journal.close();
    expect((await read(copy)).values).toEqual([...kept, 9]);
  },
);

test('a record that was acknowledged is damaged, not torn: a later write proves that it was there', async () => {
  const { copy } = await without(await written([[1], [2, 3, 4], [5]]), [3]);
  expect(await follow(copy, 0)).toEqual([1, 2, 4, 5]);
  const { values, report } = await read(copy);
  expect(values).toEqual([1, 2, 4, 5]);
  expect(report).toMatchObject({ quarantined: [], missing: 0 });
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
  const whole = await written([[1], [2], [3], [4]], { mode: 'relaxed', syncDelayMs: 300 });
  const { copy } = await without(whole, [2]);
  const { values, report } = await read(copy, 1);
  expect(values).toEqual([1]);
  expect(report).toMatchObject({ damaged: [], missing: 0 });
  expect(report.quarantined).toHaveLength(1);
});

test('acknowledged records that are not there are counted, whatever became of them', async () => {
  const whole = await written([[1], [2], [3]]);
  expect((await read(whole.directory, 3)).report.missing).toBe(0);
  const cut = await without(whole, []);
  // A segment that ends with a whole record is as sound as any.
  await truncate(cut.path, whole.frames[1]!.end);
  expect((await read(cut.copy, 3)).report).toMatchObject({ missing: 1, quarantined: [] });
  const zeroed = await without(whole, [3]);
  expect((await read(zeroed.copy, 3)).report.missing).toBe(1);
  const gone = await without(whole, []);
  await rm(gone.path);
  const opened = await read(gone.copy, 3);
  expect(opened).toMatchObject({ values: [], report: { missing: 3 } });
  const header = await without(whole, []);
  await writeFile(header.path, (await readFile(header.path)).subarray(0, 64));
  expect((await read(header.copy, 3)).report.missing).toBe(3);
});

test('sequences of records that are not there are not given again', async () => {
  const whole = await written([[1], [2], [3]]);
  await truncate(whole.file, whole.frames[0]!.end);
  const acknowledged: number[] = [];
  const owner = {
    forced: false,
    last: 3,
    confirm: () => undefined,
    acknowledged: (sequence: number) => void acknowledged.push(sequence),
  };
  const { journal } = await openJournal(whole.directory, nodeFileSystem, storeId, owner);
  await journal.append(record(4));
  await journal.close();
  expect(acknowledged).toEqual([1, 4]);
});
