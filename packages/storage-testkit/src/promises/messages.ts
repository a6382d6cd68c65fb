import { fromValues, Frame, messageColumns, type Store, type TickMessages } from '@archetype/core';
import { expect } from 'vitest';
import { commit, Foo, forkRecord, table, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

type Sent = readonly [id: number, to: number, from: number | null, content: unknown];

const frameOf = (rows: readonly Sent[]): Frame =>
  new Frame(
    messageColumns,
    messageColumns.map(({ type }, k) =>
      fromValues(
        type,
        rows.map((row) => row[k]),
      ),
    ),
    rows.length,
  );

/** What a store says of messages, as plain data. */
async function said(store: Store, world: string, from = 0, to = 99): Promise<unknown[]> {
  const ticks: unknown[] = [];
  for await (const { tick, messages, undelivered } of store.messages(world, { from, to })) {
    if (messages === undefined && undelivered.length === 0) continue;
    ticks.push([tick, rowsOf(messages), [...undelivered]]);
  }
  return ticks;
}
const rowsOf = (messages: TickMessages['messages']): unknown[] =>
  messages === undefined ? [] : [...messages].map((row) => Object.values(row));

const first: readonly Sent[] = [
  [1, 1, null, { text: 'ä 🙂', n: [1, null] }],
  [2, 1, 7, 'x'],
];
const second: readonly Sent[] = [[3, 2, 1, null]];

const next = (nextMessage: number) => ({ counters: { nextEntity: 100, nextMessage } });

async function sendTwice(store: Store) {
  const record = worldRecord('w');
  const lease = await store.create(record);
  await store.append([
    commit(lease, 0, [table([Foo], [[1, 0]])], { ...next(3), messages: frameOf(first) }),
    commit(lease, 1, [table([Foo], [[1, 1]])], next(3)),
    commit(lease, 2, [table([Foo], [[1, 2]])], { ...next(4), messages: frameOf(second) }),
    commit(lease, 3, [table([Foo], [[1, 3]])], { ...next(4), undelivered: [3] }),
  ]);
  return { record, lease };
}
const all = [
  [0, first, []],
  [2, second, []],
  [3, [], [3]],
];

async function check(store: Store, world: string): Promise<void> {
  expect(await said(store, world)).toEqual(all);
  for (const [tick, sent] of [
    [0, first],
    [1, []],
    [2, second],
    [3, []],
  ] as const) {
    expect(rowsOf((await store.snapshot(world, tick))?.messages)).toEqual(sent);
  }
}

export const messages: readonly StorePromise[] = [
  {
    title:
      'what was sent in a tick, and what found no receiver, is read with that tick and no other',
    async check({ store }) {
      const { record } = await sendTwice(store);
      expect(await said(store, record.world)).toEqual(all);
      expect(await said(store, record.world, 1, 2)).toEqual(all.slice(1, 2));
      expect(await said(store, record.world, 1, 1)).toEqual([]);
    },
  },
  {
    title: 'a state has the messages of its tick, also in a store opened again',
    reopens: true,
    async check({ store, reopen }) {
      const { record } = await sendTwice(store);
      await check(store, record.world);
      await check(await reopen(), record.world);
      await check(await reopen(), record.world);
    },
  },
  {
    title: 'a tick given again with other messages is tick_conflict',
    async check({ store }) {
      const record = worldRecord('w');
      const lease = await store.create(record);
      const given = (rows: readonly Sent[]) => commit(lease, 0, [], { messages: frameOf(rows) });
      await store.append([given(first)]);
      await store.append([given(first)]);
      const conflict = { code: 'tick_conflict' };
      await expect(store.append([given(second)])).rejects.toMatchObject(conflict);
      await expect(store.append([commit(lease, 0)])).rejects.toMatchObject(conflict);
    },
  },
  {
    title: 'a fork reads the messages of its past, and not those that its source sends later',
    async check({ store }) {
      const { record } = await sendTwice(store);
      const fork = forkRecord(record, 1);
      const lease = await store.fork(fork);
      await store.append([commit(lease, 2, [], { messages: frameOf([[9, 5, null, 'mine']]) })]);
      expect(await said(store, fork.world)).toEqual([
        [0, first, []],
        [2, [[9, 5, null, 'mine']], []],
      ]);
      expect(await said(store, record.world)).toEqual(all);
    },
  },
];
