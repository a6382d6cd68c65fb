import { nodeFileSystem, type File } from '@archetype/storage';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';
import { wrapFile } from './wrap-file.ts';

/** A journal of one segment with these values. */
async function written(
  values: readonly number[],
): Promise<{ directory: string; file: string; bytes: Buffer }> {
  const directory = await temporaryDirectory();
  const { journal } = await openJournal(directory);
  for (const value of values) await journal.append(record(value, value * 3));
  await journal.close();
  const name = (await readdir(directory)).find((entry) => entry.endsWith('.log'));
  const file = join(directory, name!);
  return { directory, file, bytes: await readFile(file) };
}

test('records come back in order, in another process as in this one', async () => {
  const { directory } = await written([1, 2, 3]);
  expect((await read(directory)).values).toEqual([1, 2, 3]);
  const { journal, values } = await openJournal(directory);
  await journal.append(record(4));
  await journal.close();
  expect(values).toEqual([1, 2, 3]);
  expect(await read(directory)).toMatchObject({
    values: [1, 2, 3, 4],
    report: { damaged: [], quarantined: [] },
  });
});

test('cut at every byte, it opens with the whole records before the cut and takes new ones', async () => {
  const { file, bytes } = await written([1, 2, 3]);
  const ends: number[] = [];
  for (let at = 64; at < bytes.length;) ends.push((at += 32 + bytes.readUInt32LE(at + 16)));
  let points = 0;
  for (let cut = 0; cut <= bytes.length; cut++) {
    const directory = await mkdtemp(join(tmpdir(), 'archetype-cut-'));
    await writeFile(join(directory, file.slice(file.lastIndexOf('/') + 1)), bytes.subarray(0, cut));
    const expected = [1, 2, 3].slice(0, ends.filter((end) => end <= cut).length);
    const { journal, values, report } = await openJournal(directory);
    expect(values).toEqual(expected);
    expect(report.quarantined.length).toBe(cut <= 64 || ends.includes(cut) ? 0 : 1);
    await journal.append(record(9));
    await journal.close();
    expect((await read(directory)).values).toEqual([...expected, 9]);
    await rm(directory, { recursive: true });
    points++;
  }
  console.log(`journal cut at ${points} points`);
});

test('a segment of which nothing is sound is set aside, and nobody is told to read it', async () => {
  const { directory, file, bytes } = await written([1, 2, 3]);
  await writeFile(file, bytes.fill(0));
  const { journal, values, report } = await openJournal(directory);
  expect(values).toEqual([]);
  expect(report.quarantined).toMatchObject([{ bytes: bytes.length }]);
  // What it lists is read to be moved into parts.
  for (const name of journal.sealed.names) await readFile(join(directory, name));
  await journal.append(record(9));
  await journal.seal();
  expect(journal.sealed.names).toHaveLength(1);
  await journal.close();
  expect((await read(directory)).values).toEqual([9]);
});

test('a flipped bit is found, whichever it is, and the records beside it are kept', async () => {
  const { directory, file, bytes } = await written([1, 2, 3]);
  let points = 0;
  for (let byte = 0; byte < bytes.length; byte++) {
    const flipped = Buffer.from(bytes);
    flipped[byte]! ^= 1 << (byte % 8);
    const copy = await mkdtemp(join(tmpdir(), 'archetype-flip-'));
    await cp(directory, copy, { recursive: true });
    await writeFile(join(copy, file.slice(file.lastIndexOf('/') + 1)), flipped);
    const { values, report } = await read(copy);
    expect(report.damaged.length + report.quarantined.length, `byte ${byte}`).toBe(1);
    expect([1, 2, 3].filter((value) => !values.includes(value)).length, `byte ${byte}`).toBe(
      byte < 64 ? 0 : 1,
    );
    await rm(copy, { recursive: true });
    points++;
  }
  console.log(`journal flipped at ${points} points`);
});

test('a journal of another store, another place or a newer format is refused by name', async () => {
  const { directory, file, bytes } = await written([1]);
  await expect(openJournal(directory, undefined, new Uint8Array(16).fill(8))).rejects.toMatchObject(
    { code: 'journal_foreign' },
  );
  await writeFile(file.replace('0001.log', '0005.log'), bytes);
  await expect(openJournal(directory)).rejects.toMatchObject({ code: 'journal_foreign' });
});

test('frames of another store inside a segment do not count', async () => {
  const mine = await written([1, 2]);
  const other = await temporaryDirectory();
  const { journal } = await openJournal(other, undefined, new Uint8Array(16).fill(8));
  await journal.append(record(1, 3));
  await journal.append(record(77, 6));
  await journal.close();
  const [name] = await readdir(other);
  const foreign = await readFile(join(other, name!));
  await writeFile(mine.file, Buffer.concat([mine.bytes, foreign.subarray(64)]));
  expect((await read(mine.directory)).values).toEqual([1, 2]);
});

test('what was refused and cut off is no damage when a power loss brings its bytes back', async () => {
  const directory = await temporaryDirectory();
  let failing = false;
  const wrap = (file: File): File =>
    wrapFile(file, {
      write: async (buffers, position) => {
        if (failing) {
          failing = false;
          throw new Error('EIO: injected');
        }
        await file.write(buffers, position);
      },
    });
  const { journal } = await openJournal(directory, {
    ...nodeFileSystem,
    create: async (path, use) => wrap(await nodeFileSystem.create(path, use)),
  });
  const segment = await journal.append(record(1));
  failing = true;
  await expect(journal.append(record(2))).rejects.toMatchObject({ code: 'commit_failed' });
  await journal.append(record(3));
  await journal.close();
  await appendFile(join(directory, segment), new Uint8Array(40).fill(9));
  const { values, report } = await read(directory);
  expect(values).toEqual([1, 3]);
  expect(report.damaged).toEqual([]);
});
