import { expect, test } from 'vitest';
import { openJournal, record, temporaryDirectory } from './journal-in.ts';

// One is copied when its turn comes, the other handed over as it is.
test.each([4_000, 40_000])(
  'memory of %i numbers that was transferred away while it waited fails its record, and those behind it are whole',
  async (length) => {
    const directory = await temporaryDirectory();
    const { journal } = await openJournal(directory);
    await journal.append(record(1));
    await journal.append(record(2));
    const cells = new Float64Array(length);
    const lost = journal.append({ kind: record(3).kind, body: [...record(3).body, cells] });
    structuredClone(cells.buffer, { transfer: [cells.buffer] });
    await expect(lost).rejects.toMatchObject({ code: 'commit_failed' });
    await journal.append(record(4));
    await journal.close();
    const again = await openJournal(directory);
    expect(again.values).toEqual([1, 2, 4]);
    expect(again.report).toMatchObject({ damaged: [], quarantined: [] });
    await again.journal.close();
  },
);
