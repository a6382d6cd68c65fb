import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeHeader } from '../../src/journal/frame.ts';
import { JournalTail } from '../../src/journal/journal-tail.ts';
import { segmentName } from '../../src/journal/segment.ts';
import { openJournal, record, temporaryDirectory } from './journal-in.ts';

const storeId = new Uint8Array(16).fill(7);

test('who follows a journal misses nothing when a segment without records goes and comes again behind others', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  const { journal } = await openJournal(directory);
  await journal.append(record(1));
  await journal.append(record(2));
  await journal.close();
  // As a process leaves it that was killed inside record 3, with the segment of record 4 made ahead.
  await writeFile(join(directory, segmentName(4)), encodeHeader({ storeId, first: 4 }));
  const tail = new JournalTail(directory, storeId, 0);
  const read = async (to: number) =>
    (await tail.read({ to, lastDurable: 0 })).map(({ frame }) => frame.sequence);
  expect(await read(Number.MAX_SAFE_INTEGER)).toEqual([1, 2]);
  const next = (await openJournal(directory)).journal;
  await next.append(record(3));
  await next.seal();
  expect(await next.append(record(4))).toBe(segmentName(4));
  expect(await read(4)).toEqual([3, 4]);
  await next.close();
});
