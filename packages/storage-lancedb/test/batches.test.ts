import { columnOf, constant, Frame, fromValues, types, type Schema } from '@archetype/core';
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

test('a part without rows is a part', async () => {
  const store = await openTableStore(directory);
  const files = await store.write('empty', schema, (async function* () {})());
  expect(await store.check('empty', files)).toEqual([]);
  for await (const _ of store.scan([{ part: 'empty', offset: 0, rows: 0 }], schema))
    expect.unreachable();
  await store.close();
});
