import { columnOf, constant, Frame, fromValues, types, type Schema } from '@archetype/core';
import { connect } from '@lancedb/lancedb';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openTableStore } from '../src/lance-table-store.ts';

const directory = await mkdtemp(join(tmpdir(), 'archetype batches '));
afterAll(() => rm(directory, { recursive: true, force: true }));

const mood = { kind: 'enum', nullable: true, values: ['calm', 'angry'] } as const;
const schema: Schema = [
  { name: 'world_id', type: types.utf8 },
  { name: 'run_id', type: types.utf8 },
  { name: 'entity_id', type: types.i32 },
  { name: 'agent__name', type: types.utf8 },
  { name: 'agent__mood', type: mood },
];

/** `rows` rows of a run, from entity `first` on. */
function rowsOf(run: string, first: number, rows: number): Frame {
  const ids = Int32Array.from({ length: rows }, (_, k) => first + k);
  const cell = (id: number) => (id % 3 === 0 ? null : mood.values[id % 2]!);
  return new Frame(
    schema,
    [
      constant(types.utf8, rows, 'world'),
      constant(types.utf8, rows, run),
      columnOf(types.i32, rows, ids),
      fromValues(
        types.utf8,
        Array.from(ids, (id) => `agent ${id} é`),
      ),
      fromValues(mood, Array.from(ids, cell)),
    ],
    rows,
  );
}

test('frames of any size, in any order, of several runs, come back row by row', async () => {
  const sizes = [1, 20_000, 3, 9_000, 8_191, 1, 1, 8_192, 0, 40_000, 2];
  let first = 0;
  const frames = sizes.map((rows, k) => {
    const frame = rowsOf(`run ${k % 3}`, first, rows);
    first += rows;
    return frame;
  });
  const store = await openTableStore(directory);
  await store.write(
    'mixed',
    schema,
    (async function* () {
      yield* frames;
    })(),
  );
  const read: Frame[] = [];
  for await (const frame of store.scan([{ part: 'mixed', offset: 0, rows: first }], schema))
    read.push(frame);
  await store.close();
  expect(Frame.concat(schema, read).toRows()).toEqual(Frame.concat(schema, frames).toRows());
});

test('enums in lists and structs keep their names over batches, whatever read them before', async () => {
  // As two readers of one schema give them: equal, and not the same.
  const fields = (): Schema => {
    const fruit = { kind: 'enum', nullable: false, values: ['apple', 'pear'] } as const;
    return [
      { name: 'bag__items', type: { kind: 'list', nullable: false, item: fruit } },
      {
        name: 'bag__best',
        type: { kind: 'struct', nullable: false, fields: [{ name: 'fruit', type: fruit }] },
      },
    ];
  };
  const frame = (first: number): Frame => {
    const rows = Array.from({ length: 9_000 }, (_, k) =>
      (first + k) % 2 === 0 ? 'pear' : 'apple',
    );
    const own = fields();
    return new Frame(
      own,
      [
        fromValues(
          own[0]!.type,
          rows.map((fruit) => [fruit, 'apple']),
        ),
        fromValues(
          own[1]!.type,
          rows.map((fruit) => ({ fruit })),
        ),
      ],
      rows.length,
    );
  };
  const frames = [frame(0), frame(1), frame(0)];
  const store = await openTableStore(directory);
  await store.write(
    'nested',
    fields(),
    (async function* () {
      yield* frames;
    })(),
  );
  const read: Frame[] = [];
  for await (const batch of store.scan([{ part: 'nested', offset: 0, rows: 27_000 }], fields()))
    read.push(batch);
  await store.close();
  expect(Frame.concat(fields(), read).toRows()).toEqual(Frame.concat(fields(), frames).toRows());
});

test('a large frame that holds fewer nulls than its column may is written with those that hold some', async () => {
  const type = { kind: 'utf8', nullable: true } as const;
  const own: Schema = [{ name: 'agent__note', type }];
  const full = fromValues(
    { ...type, nullable: false },
    Array.from({ length: 9_000 }, () => 'x'),
  );
  const holes = fromValues(
    type,
    Array.from({ length: 9_000 }, (_, k) => (k % 2 === 0 ? 'y' : null)),
  );
  const frames = [
    new Frame([{ name: 'agent__note', type: full.type }], [full], 9_000),
    new Frame(own, [holes], 9_000),
  ];
  const store = await openTableStore(directory);
  await store.write(
    'holes',
    own,
    (async function* () {
      yield* frames;
    })(),
  );
  const cells: unknown[] = [];
  for await (const batch of store.scan([{ part: 'holes', offset: 0, rows: 18_000 }], own))
    for (let row = 0; row < batch.numRows; row++) cells.push(batch.at('agent__note').get(row));
  await store.close();
  expect(cells).toEqual([
    ...Array.from({ length: 9_000 }, () => 'x'),
    ...Array.from({ length: 9_000 }, (_, k) => (k % 2 === 0 ? 'y' : null)),
  ]);
});

test('a part written without rows passes its check, and is found empty by Lance itself', async () => {
  const store = await openTableStore(directory);
  const files = await store.write('empty', schema, (async function* () {})());
  expect(await store.check('empty', files)).toEqual([]);
  await store.close();
  const connection = await connect(directory);
  expect(await (await connection.openTable('empty')).countRows()).toBe(0);
  connection.close();
});
