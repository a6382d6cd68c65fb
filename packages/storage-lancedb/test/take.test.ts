import { columnOf, Frame, types } from '@archetype/core';
import { expect, test } from 'vitest';
import { openTableStore } from '../src/lance-table-store.ts';
import { temporaryDirectory } from './walkers.ts';

const schema = [{ name: 'x', type: types.i32 }];
const numbers = (from: number, to: number): Frame =>
  new Frame(
    schema,
    [
      columnOf(
        types.i32,
        to - from,
        Int32Array.from({ length: to - from }, (_, k) => from + k),
      ),
    ],
    to - from,
  );

test('rows are taken by their place in the part, whatever fragments it was written in', async () => {
  const store = await openTableStore(await temporaryDirectory());
  const ends = [0, 400_000, 400_001, 1_300_000, 3_500_000, 3_500_007];
  await store.write(
    'p1',
    schema,
    (async function* () {
      for (const [k, end] of ends.slice(1).entries()) yield numbers(ends[k]!, end);
    })(),
  );
  const ranges = [0, 399_999, 999_998, 1_999_999, 2_999_999, 3_500_003].map((offset) => ({
    offset,
    rows: 4,
  }));
  const found: number[] = [];
  for await (const frame of store.take!('p1', schema, ranges))
    found.push(...(frame.at('x').data as Int32Array).subarray(0, frame.numRows));
  expect(found).toEqual(
    ranges.flatMap(({ offset }) => [offset, offset + 1, offset + 2, offset + 3]),
  );
  await store.close();
});
