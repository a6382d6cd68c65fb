import { columnOf, Frame, types, type Acceptance, type Commit, type Json } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './journal/journal-in.ts';
import { command, noParts, worldRecord } from './records.ts';

const tables = noParts;
const accepted = (sequence: number, payload: Json): Acceptance => ({
  commands: [command(`c${sequence}`, sequence, payload)],
});

test('commands of more JSON than a string holds, or nested deeper than it can be written, are refused with a code, and the store goes on', async () => {
  await using store = await openDurableStore({ directory: await temporaryDirectory(), tables });
  // One text, many times: memory holds it once, and JSON would not.
  const text = 'x'.repeat(1 << 25);
  let nested: Json = [];
  for (let k = 0; k < 1e6; k++) nested = [nested];
  for (const payload of [Array.from({ length: 17 }, () => text), nested]) {
    await expect(store.accept(accepted(0, payload))).rejects.toMatchObject({
      code: 'commit_failed',
      message: expect.stringMatching(/nothing of it is stored/),
    });
  }
  await store.accept(accepted(1, 'small'));
  expect(await store.commands({})).toMatchObject([{ id: 'c1', payload: 'small' }]);
});

test('what is taken can be moved into parts and read again, however deep it is nested', async () => {
  const nest = (levels: number): Json => {
    let nested: Json = 'é"[{\\';
    for (let k = 0; k < levels; k++) nested = k % 2 === 0 ? [nested] : { '[': nested };
    return nested;
  };
  const directory = await temporaryDirectory();
  const deep = nest(990);
  {
    await using store = await openDurableStore({ directory, tables });
    await expect(store.accept(accepted(0, nest(1_001)))).rejects.toMatchObject({
      code: 'commit_failed',
      message: expect.stringMatching(/has more than 1000 levels of lists and objects/),
    });
    await store.accept(accepted(1, deep));
    await store.flush();
    expect(store.health()).toMatchObject({ failures: 0 });
  }
  await using store = await openDurableStore({ directory, tables });
  const [stored] = await store.commands({});
  expect(JSON.stringify(stored?.payload)).toBe(JSON.stringify(deep));
});

test('brackets in texts are no levels', async () => {
  await using store = await openDurableStore({ directory: await temporaryDirectory(), tables });
  const payload = ['['.repeat(5_000), '\\"'.repeat(2_000) + '{'.repeat(5_000)];
  await store.accept(accepted(1, payload));
  expect(await store.commands({})).toMatchObject([{ payload }]);
});

test('input and messages of more than the catalog keeps are refused with a code, and the world goes on', async () => {
  await using store = await openDurableStore({ directory: await temporaryDirectory(), tables });
  const lease = await store.create(worldRecord());
  const frame = (rows: number): Frame => {
    const cells = columnOf(types.f64, rows, new Float64Array(rows));
    return new Frame([{ name: 'x', type: types.f64 }], [cells], rows);
  };
  const counters = { nextEntity: 1, nextMessage: 1 };
  const commit: Commit = { lease, tick: 0, tables: [], counters, settled: [] };
  const large = frame(70_000_000);
  for (const said of [
    { input: frame(130_000_000) },
    { messages: frame(130_000_000) },
    { input: large, messages: large },
  ]) {
    await expect(store.append([{ ...commit, ...said }])).rejects.toMatchObject({
      code: 'commit_failed',
      message: expect.stringMatching(
        /beside its rows has 1[01]\d{8} bytes, and at most 990000000 bytes/,
      ),
    });
  }
  await store.append([{ ...commit, input: frame(1) }]);
  expect(await store.worlds()).toMatchObject([{ newestTick: 0 }]);
});
