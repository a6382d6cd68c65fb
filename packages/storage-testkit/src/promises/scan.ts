import { expect } from 'vitest';
import { ALL, commit, Foo, Foobar, FooBarBaz, read, table, worldRecord } from '../given.ts';
import type { StorePromise, StoreSubject } from '../harness.ts';

async function filled({ store }: StoreSubject): Promise<string> {
  const lease = await store.create(worldRecord('w'));
  for (const tick of [0, 1, 2]) {
    await store.append([
      commit(lease, tick, [
        table(
          [Foo],
          [
            [1, tick],
            [6, tick],
          ],
        ),
        table([Foobar], [[2, tick]]),
        table([Foo, Foobar], [[3, tick, -tick]]),
        table([FooBarBaz], [[4, tick]]),
        table([Foo, FooBarBaz], [[5, tick, tick]], tick === 2 ? [5] : []),
      ]),
    ]);
  }
  return lease.world;
}

/** A query gets what it asked for, in order, and nothing else. */
export const scan: readonly StorePromise[] = [
  {
    title: 'rows of several tables come in ascending tick, then entity',
    check: async (subject) => {
      const world = await filled(subject);
      const rows = await read(subject.store, world, [Foo], ALL);
      expect(rows.map(([tick, entity]) => [tick, entity])).toEqual([
        [0, 1],
        [0, 3],
        [0, 5],
        [0, 6],
        [1, 1],
        [1, 3],
        [1, 5],
        [1, 6],
        [2, 1],
        [2, 3],
        [2, 6],
      ]);
    },
  },
  {
    title: 'a component whose name begins with another is not taken for it',
    check: async (subject) => {
      const world = await filled(subject);
      const entities = async (...components: readonly (typeof Foo)[]) =>
        (await read(subject.store, world, components, { from: 1, to: 1 })).map(
          ([, entity]) => entity,
        );
      expect(await entities(Foobar as never)).toEqual([2, 3]);
      expect(await entities(FooBarBaz as never)).toEqual([4, 5]);
      expect(await entities(Foo, Foobar as never)).toEqual([3]);
    },
  },
  {
    title: 'without leaves tables out, and no components means every table',
    check: async (subject) => {
      const world = await filled(subject);
      const one = { from: 1, to: 1 };
      expect(await read(subject.store, world, [Foo], one, { without: ['Foobar'] })).toEqual([
        [1, 1, 1],
        [1, 5, 1],
        [1, 6, 1],
      ]);
      expect((await read(subject.store, world, [], one)).map(([, entity]) => entity)).toEqual([
        1, 2, 3, 4, 5, 6,
      ]);
    },
  },
  {
    title: 'newest, one tick, a range, and ticks that do not exist',
    check: async (subject) => {
      const world = await filled(subject);
      const ticks = async (asked: 'newest' | { from: number; to: number }) =>
        (await read(subject.store, world, [Foobar], asked)).map(([tick, entity]) => [tick, entity]);
      expect(await ticks('newest')).toEqual([
        [2, 2],
        [2, 3],
      ]);
      expect(await ticks({ from: 1, to: 1 })).toEqual([
        [1, 2],
        [1, 3],
      ]);
      expect(await ticks({ from: 1, to: 9 })).toEqual([
        [1, 2],
        [1, 3],
        [2, 2],
        [2, 3],
      ]);
      expect(await ticks({ from: 7, to: 9 })).toEqual([]);
    },
  },
  {
    title: 'entities picks rows, and tombstones are given only when asked for',
    check: async (subject) => {
      const world = await filled(subject);
      expect(await read(subject.store, world, [Foo], ALL, { entities: [6, 3, 99] })).toEqual([
        [0, 3, 0],
        [0, 6, 0],
        [1, 3, 1],
        [1, 6, 1],
        [2, 3, 2],
        [2, 6, 2],
      ]);
      expect(
        await read(subject.store, world, [FooBarBaz], 'newest', { includeInactive: true }),
      ).toEqual([
        [2, 4, 2, true],
        [2, 5, 2, false],
      ]);
    },
  },
  {
    title: 'columns come as asked, in that order, after the base columns',
    check: async (subject) => {
      const world = await filled(subject);
      const columns = [...Foobar.columns, ...Foo.columns];
      for await (const frame of subject.store.scan({
        world,
        ticks: 'newest',
        components: ['Foo', 'Foobar'],
        columns,
      })) {
        expect(frame.columnNames).toEqual([
          'world_id',
          'run_id',
          'entity_id',
          'tick',
          'is_active',
          'foobar__x',
          'foo__x',
        ]);
        expect(frame.toRows()).toMatchObject([
          { world_id: world, entity_id: 3, foobar__x: -2, foo__x: 2 },
        ]);
      }
    },
  },
  {
    title: 'a scan reads one cut, whatever is appended while it runs',
    check: async ({ store }) => {
      const lease = await store.create(worldRecord('w'));
      for (let tick = 0; tick < 20; tick++)
        await store.append([commit(lease, tick, [table([Foo], [[1, tick]])])]);
      const seen: unknown[] = [];
      let tick = 20;
      for await (const frame of store.scan({
        world: lease.world,
        ticks: ALL,
        components: ['Foo'],
        columns: Foo.columns,
      })) {
        seen.push(...frame.toRows().map((row) => row.tick));
        await store.append([commit(lease, tick, [table([Foo], [[1, tick]])])]);
        tick++;
      }
      expect(seen).toEqual(Array.from({ length: 20 }, (_, k) => k));
    },
  },
];
