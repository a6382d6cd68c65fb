import { Frame, fromValues, types, type ColumnType, type Schema } from '@archetype/core';
import type { Slice, TableStore } from '@archetype/storage';
import { expect } from 'vitest';

/** How the kit gets at a table store. */
export interface TableStoreHarness {
  readonly name: string;
  /** A fresh place, and how to open the table store there; opened again, it has what it had. */
  place(): Promise<{ open(): Promise<TableStore>; remove(): Promise<void> }>;
}

/** Something every table store must do. */
export interface TablePromise {
  readonly title: string;
  readonly check: (open: () => Promise<TableStore>) => Promise<void>;
}

const maybe = (type: ColumnType): ColumnType => ({ ...type, nullable: true });
const schema: Schema = [
  { name: 'world_id', type: types.utf8 },
  { name: 'run_id', type: types.utf8 },
  { name: 'entity_id', type: types.i32 },
  { name: 'tick', type: types.i32 },
  { name: 'is_active', type: types.bool },
  { name: 'a__f64', type: types.f64 },
  { name: 'a__f32', type: maybe(types.f32) },
  { name: 'a__u32', type: types.u32 },
  { name: 'a__i64', type: types.i64 },
  { name: 'a__flag', type: maybe(types.bool) },
  { name: 'a__note', type: maybe(types.utf8) },
  { name: 'a__mood', type: { kind: 'enum', nullable: false, values: ['calm', 'angry'] } },
  { name: 'a__at', type: types.timestamp },
  { name: 'a__vec', type: { kind: 'vector', nullable: false, size: 2 } },
  { name: 'a__list', type: { kind: 'list', nullable: false, item: types.utf8 } },
  {
    name: 'a__struct',
    type: {
      kind: 'struct',
      nullable: false,
      fields: [
        { name: 'p', type: types.f64 },
        { name: 'q', type: maybe(types.utf8) },
      ],
    },
  },
  { name: 'a__free', type: types.json },
];

const row = (k: number): readonly unknown[] => [
  'w',
  'r',
  k + 1,
  Math.floor(k / 10),
  k % 7 !== 0,
  [k / 3, Number.NaN, -0, Infinity][k % 4],
  k % 3 === 0 ? null : k,
  2 ** 32 - 1 - k,
  2n ** 62n + BigInt(k),
  k % 2 === 0 ? null : k % 4 === 1,
  k % 5 === 0 ? null : `row ${k} é`,
  k % 2 === 0 ? 'angry' : 'calm',
  new Date(k * 1000),
  [k, -k],
  Array.from({ length: k % 3 }, (_, i) => `item ${i}`),
  { p: k, q: k % 2 === 0 ? null : 'q' },
  { k },
];

function rows(from: number, to: number): Frame {
  const cells = Array.from({ length: to - from }, (_, k) => row(from + k));
  return new Frame(
    schema,
    schema.map(({ type }, c) =>
      fromValues(
        type,
        cells.map((r) => r[c]),
      ),
    ),
    to - from,
  );
}

async function* batches(...frames: readonly Frame[]): AsyncGenerator<Frame> {
  yield* frames;
}

async function scanned(
  store: TableStore,
  slices: readonly Slice[],
  columns: Schema = schema,
): Promise<Frame> {
  const frames: Frame[] = [];
  for await (const frame of store.scan(slices, columns)) frames.push(frame);
  return Frame.concat(columns, frames);
}

const parts = async (store: TableStore): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const part of store.list()) found.push(part);
  return found.toSorted();
};

/** What every table store must do. Long, because it is one list, to be read from the first promise to the last. */
export const tablePromises: readonly TablePromise[] = [
  {
    title: 'a part reads back as it was written, every type, in order, also after opening again',
    check: async (open) => {
      const store = await open();
      const files = await store.write('p1', schema, batches(rows(0, 50), rows(50, 120)));
      expect(files.files.length).toBeGreaterThan(0);
      expect(files.bytes).toBeGreaterThan(0);
      expect(
        (await scanned(store, [{ part: 'p1', offset: 0, rows: 120 }])).equals(rows(0, 120)),
      ).toBe(true);
      await store.close();
      const again = await open();
      expect(
        (await scanned(again, [{ part: 'p1', offset: 0, rows: 120 }])).equals(rows(0, 120)),
      ).toBe(true);
      await again.close();
    },
  },
  {
    title: 'slices are rows by number, in the order of the slices, across parts and batches',
    check: async (open) => {
      const store = await open();
      await store.write('p1', schema, batches(rows(0, 5_000), rows(5_000, 20_000)));
      await store.write('p2', schema, batches(rows(100, 200)));
      const slices = [
        { part: 'p2', offset: 10, rows: 5 },
        { part: 'p1', offset: 0, rows: 1 },
        { part: 'p1', offset: 4_990, rows: 9_000 },
        { part: 'p1', offset: 19_999, rows: 1 },
        { part: 'p1', offset: 7, rows: 0 },
      ];
      const expected = Frame.concat(schema, [
        rows(110, 115),
        rows(0, 1),
        rows(4_990, 13_990),
        rows(19_999, 20_000),
      ]);
      expect((await scanned(store, slices)).equals(expected)).toBe(true);
      await store.close();
    },
  },
  {
    title: 'only the columns asked for come, in that order',
    check: async (open) => {
      const store = await open();
      await store.write('p1', schema, batches(rows(0, 30)));
      const asked = ['a__mood', 'entity_id', 'a__vec'].map((name) =>
        schema.find((field) => field.name === name)!,
      );
      const read = await scanned(store, [{ part: 'p1', offset: 3, rows: 20 }], asked);
      expect(read.columnNames).toEqual(['a__mood', 'entity_id', 'a__vec']);
      expect(read.equals(rows(3, 23).pick(read.columnNames))).toBe(true);
      await store.close();
    },
  },
  {
    title: 'writing a part that a crash left behind replaces it',
    check: async (open) => {
      const store = await open();
      await store.write('p1', schema, batches(rows(0, 100)));
      await store.write('p1', schema, batches(rows(200, 210)));
      expect(
        (await scanned(store, [{ part: 'p1', offset: 0, rows: 10 }])).equals(rows(200, 210)),
      ).toBe(true);
      expect(await parts(store)).toEqual(['p1']);
      await store.close();
    },
  },
  {
    title: 'parts are listed; a removed one is gone, and removing an absent one succeeds',
    check: async (open) => {
      const store = await open();
      expect(await parts(store)).toEqual([]);
      await store.write('p1', schema, batches(rows(0, 3)));
      await store.write('p10', schema, batches(rows(5, 8)));
      expect(await parts(store)).toEqual(['p1', 'p10']);
      await store.remove(['p1', 'p99']);
      expect(await parts(store)).toEqual(['p10']);
      expect((await scanned(store, [{ part: 'p10', offset: 0, rows: 3 }])).numRows).toBe(3);
      await expect(scanned(store, [{ part: 'p1', offset: 0, rows: 3 }])).rejects.toMatchObject({
        code: 'part_missing',
      });
      await store.close();
    },
  },
  {
    title:
      'what is asked for by entity, run and tick is found, whole and in row order (if it offers that)',
    check: async (open) => {
      const store = await open();
      if (store.find !== undefined) {
        await store.write('p1', schema, batches(rows(0, 500), rows(500, 2_000)));
        const asked = ['entity_id', 'tick', 'a__note'].map((name) =>
          schema.find((field) => field.name === name)!,
        );
        for (const indexed of [false, true]) {
          if (indexed) await store.index?.('p1', ['entity_id']);
          for (const [filter, wanted] of [
            [{ entities: [3, 1_500, 9_999] }, [2, 1_499]],
            [{ entities: [30, 20], of: { run: 'r', from: 0, to: 1 } }, [19]],
            [{ entities: [] }, []],
            [{ entities: [7], of: { run: 'other', from: 0, to: 99 } }, []],
          ] as const) {
            const found: Frame[] = [];
            for await (const frame of store.find('p1', asked, filter)) found.push(frame);
            const ids = Array.from(Frame.concat(asked, found).column('entity_id') as Int32Array);
            // More than was asked for may come, in order; nothing may be left out.
            expect(ids).toEqual(ids.toSorted((a, b) => a - b));
            expect(ids).toEqual(expect.arrayContaining(wanted.map((k) => k + 1)));
            expect(new Set(ids).size).toBe(ids.length);
          }
        }
      }
      await store.close();
    },
  },
  {
    title: 'rows of ranges come as they are, in row order (if it offers that)',
    check: async (open) => {
      const store = await open();
      if (store.take !== undefined) {
        await store.write('p1', schema, batches(rows(0, 500), rows(500, 2_000)));
        const asked = ['tick', 'entity_id', 'a__note'].map((name) =>
          schema.find((field) => field.name === name)!,
        );
        const taken = async (...ranges: readonly { offset: number; rows: number }[]) => {
          const found: Frame[] = [];
          for await (const frame of store.take!('p1', asked, ranges)) found.push(frame);
          return Frame.concat(asked, found);
        };
        const found = await taken(
          { offset: 0, rows: 1 },
          { offset: 498, rows: 4 },
          { offset: 502, rows: 1 },
          { offset: 1_999, rows: 1 },
        );
        const places = [0, 498, 499, 500, 501, 502, 1_999];
        const all = rows(0, 2_000).pick(asked.map(({ name }) => name));
        expect(found.equals(all.take(Int32Array.from(places)))).toBe(true);
        expect((await taken()).numRows).toBe(0);
      }
      await store.close();
    },
  },
  {
    title: 'the nearest living rows come, nearest first (if it offers that)',
    check: async (open) => {
      const store = await open();
      if (store.nearest !== undefined) {
        await store.write('p1', schema, batches(rows(0, 300)));
        const asked = schema.filter(({ name }) => ['entity_id', 'a__vec'].includes(name));
        const found: Frame[] = [];
        const query = { column: 'a__vec', vector: [70, -70], metric: 'l2', k: 3 } as const;
        const filter = { of: { run: 'r', from: 0, to: 29 } };
        for await (const frame of store.nearest('p1', asked, { ...query, filter }))
          found.push(frame);
        // Row 70 is a tombstone.
        const ids = Array.from(Frame.concat(asked, found).column('entity_id') as Int32Array);
        expect(ids.slice(0, 2).toSorted((a, b) => a - b)).toEqual([70, 72]);
        expect(ids).toHaveLength(3);
      }
      await store.close();
    },
  },
  {
    title: 'parts are written and read at the same time',
    check: async (open) => {
      const store = await open();
      await store.write('p0', schema, batches(rows(0, 500)));
      // Of other rows each, so that none can have the memory of another.
      const writing = [1, 2, 3].map((k) =>
        store.write(`p${k}`, schema, batches(rows(k, k + 1_000), rows(k + 1_000, k + 3_000))),
      );
      const reading = [0, 1].map(() => scanned(store, [{ part: 'p0', offset: 0, rows: 500 }]));
      for (const read of await Promise.all(reading)) expect(read.equals(rows(0, 500))).toBe(true);
      await Promise.all(writing);
      for (const k of [1, 2, 3])
        expect(
          (await scanned(store, [{ part: `p${k}`, offset: 0, rows: 3_000 }])).equals(
            rows(k, k + 3_000),
          ),
        ).toBe(true);
      await store.close();
    },
  },
  {
    title:
      'a copy with an index has the rows, and each part is what it is without the other (if it offers that)',
    check: async (open) => {
      const store = await open();
      if (store.copyIndexed !== undefined) {
        const files = await store.write('p1', schema, batches(rows(0, 500), rows(500, 2_000)));
        const same = async (part: string) =>
          (await scanned(store, [{ part: part, offset: 0, rows: 2_000 }])).equals(rows(0, 2_000));
        // What a crash left under the name is replaced.
        await store.write('p2', schema, batches(rows(0, 5)));
        const copied = await store.copyIndexed('p1', 'p2', ['entity_id']);
        expect([await same('p1'), await same('p2')]).toEqual([true, true]);
        expect(await store.check('p1', files)).toEqual([]);
        await store.copyIndexed('p1', 'p3', ['entity_id']);
        await store.remove(['p1', 'p3']);
        expect(await same('p2')).toBe(true);
        expect(await store.check('p2', copied)).toEqual([]);
        const left: string[] = [];
        for await (const part of store.list()) left.push(part);
        expect(left).toEqual(['p2']);
      }
      await store.close();
    },
  },
  {
    title: 'nothing is wrong with a part as it was written; one that is gone is reported',
    check: async (open) => {
      const store = await open();
      const files = await store.write('p1', schema, batches(rows(0, 20)));
      expect(files.files.reduce((n, { bytes }) => n + bytes, 0)).toBe(files.bytes);
      expect(await store.check('p1', files)).toEqual([]);
      await store.remove(['p1']);
      expect((await store.check('p1', files)).length).toBeGreaterThan(0);
      await store.close();
    },
  },
];
