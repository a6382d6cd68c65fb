import {
  bool,
  defineComponent,
  f64,
  i32,
  i64,
  timestamp,
  utf8,
  vector,
  type Store,
} from '@archetype/core';
import { expect } from 'vitest';
import { z } from 'zod';
import { ALL, commit, read, state, table, worldRecord } from '../given.ts';
import type { StorePromise } from '../harness.ts';

/** One component under three definitions. */
const First = defineComponent('Thing', { n: i32(), gone: utf8() });
const Second = defineComponent('Thing', {
  n: f64(),
  ok: bool(true),
  big: i64(7n),
  mood: z.enum(['calm', 'angry']).default('angry'),
  at: timestamp().default(new Date(5)),
  note: utf8().nullable(),
  list: z.array(i32().nullable()).default([1, null]),
});
const Bare = defineComponent('Thing', { n: i32(), fresh: vector(2) });
const added = [true, 7n, 'angry', new Date(5), null, [1, null]];

async function twoDefinitions(store: Store): Promise<string> {
  const record = worldRecord('w');
  const lease = await store.create(record);
  await store.append([
    commit(lease, 0, [
      table(
        [First],
        [
          [1, 2 ** 31 - 1, 'x'],
          [2, -1, 'y'],
        ],
      ),
    ]),
    commit(lease, 1, [table([Second], [[1, 0.5, false, 1n, 'calm', new Date(0), 'z', []]])]),
  ]);
  return record.world;
}

async function check(store: Store, world: string): Promise<void> {
  expect(await read(store, world, [Second], ALL)).toEqual([
    [0, 1, 2 ** 31 - 1, ...added],
    [0, 2, -1, ...added],
    [1, 1, 0.5, false, 1n, 'calm', new Date(0), 'z', []],
  ]);
  expect(await read(store, world, [First], { from: 0, to: 0 })).toEqual([
    [0, 1, 2 ** 31 - 1, 'x'],
    [0, 2, -1, 'y'],
  ]);
}

export const evolution: readonly StorePromise[] = [
  {
    title:
      'rows written under an older definition have the defaults of new fields, wider numbers, and no removed ones',
    async check({ store }) {
      await check(store, await twoDefinitions(store));
    },
  },
  {
    title: 'so do rows of a store that was opened again',
    reopens: true,
    async check({ store, reopen }) {
      const world = await twoDefinitions(store);
      await check(await reopen(), world);
    },
  },
  {
    title: 'a state is as it was stored, and the store tells of the components as they were',
    reopens: true,
    async check({ store, reopen }) {
      const world = await twoDefinitions(store);
      const again = await reopen();
      const [first] = [...(await again.snapshot(world, 0))!.tables.values()];
      expect(first!.signature.components[0]!.columns).toEqual(First.columns);
      expect(await state(again, world, 0, first!.signature)).toEqual([
        [1, 2 ** 31 - 1, 'x'],
        [2, -1, 'y'],
      ]);
      const [stored] = await again.worlds();
      expect(
        stored!.components.map(({ type, columns, defaults }) => [type, columns, defaults]),
      ).toEqual([['Thing', Second.columns, Second.defaults]]);
    },
  },
  {
    title:
      'a field without a default, and a number that would not fit, are schema_conflict; nothing else suffers',
    async check({ store }) {
      const world = await twoDefinitions(store);
      const conflict = { code: 'schema_conflict' };
      await expect(read(store, world, [Bare], { from: 0, to: 0 })).rejects.toMatchObject(conflict);
      await expect(read(store, world, [First], { from: 1, to: 1 })).rejects.toMatchObject(conflict);
      await check(store, world);
    },
  },
  {
    title: 'worlds whose definitions differ do not see each other',
    async check({ store }) {
      const world = await twoDefinitions(store);
      const other = worldRecord('other');
      const lease = await store.create(other);
      await store.append([commit(lease, 0, [table([Bare], [[1, 3, [1, 2]]])])]);
      await check(store, world);
      expect(await read(store, other.world, [Bare], ALL)).toEqual([
        [0, 1, 3, new Float32Array([1, 2])],
      ]);
    },
  },
];
