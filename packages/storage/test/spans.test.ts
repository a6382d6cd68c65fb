import { expect, test } from 'vitest';
import { fitSpans, planSpans } from '../src/spans/plan-spans.ts';
import { rangesOf, spanEntities } from '../src/spans/span-entities.ts';

const ticks = (count: number, rows: number, run = 'r') =>
  Array.from({ length: count }, () => ({ run, rows }));
const sizes = (spans: readonly (readonly unknown[])[]) => spans.map(({ length }) => length);

test('as many neighbouring ticks share a span as have 4 096 rows together, from 4 to 64; the last stays alone', () => {
  expect(sizes(planSpans(ticks(151, 1_000)))).toEqual([
    ...Array.from({ length: 37 }, () => 4),
    2,
    1,
  ]);
  expect(sizes(planSpans(ticks(9, 819)))).toEqual([5, 3, 1]);
  expect(sizes(planSpans(ticks(9, 820)))).toEqual([4, 4, 1]);
  expect(sizes(planSpans(ticks(9, 16_384)))).toEqual([4, 4, 1]);
  expect(sizes(planSpans(ticks(100, 1)))).toEqual([64, 35, 1]);
  expect(planSpans(ticks(200, 1_000)).flat()).toHaveLength(200);
  expect(planSpans([])).toEqual([]);
});

test('ticks of different runs share none', () => {
  const two = [...ticks(10, 1_000), ...ticks(10, 1_000, 's')];
  expect(sizes(planSpans(two))).toEqual([4, 4, 1, 1, 4, 4, 1, 1]);
});

test('parts with a tick of many rows have no spans', () => {
  expect(fitSpans([...ticks(3, 16_384), ...ticks(1, 0)])).toBe(true);
  expect(fitSpans([...ticks(3, 1), ...ticks(1, 16_385)])).toBe(false);
});

/** Rows of each entity, as pairs of its id and how many. */
const idsOf = (...counts: readonly (readonly [number, number])[]): Int32Array =>
  Int32Array.from(counts.flatMap(([id, rows]) => Array.from<number>({ length: rows }).fill(id)));

test('an entity’s rows of a span are found from how many the entities before it have', () => {
  const ids = idsOf([1, 3], [2, 3], [3, 2], [9, 2], [10, 2], [300, 1], [2 ** 31 - 1, 200]);
  const entities = spanEntities(ids);
  for (const id of [0, 1, 2, 3, 4, 8, 9, 10, 11, 299, 300, 301, 2 ** 31 - 2, 2 ** 31 - 1]) {
    const offset = ids.indexOf(id);
    const rows = ids.filter((other) => other === id).length;
    expect(rangesOf(entities, [id], 1_000)).toEqual(
      rows === 0 ? [] : [{ entity: id, offset: 1_000 + offset, rows }],
    );
  }
  expect(rangesOf(entities, [0, 2, 3, 5, 300, 400], 0)).toEqual([
    { entity: 2, offset: 3, rows: 3 },
    { entity: 3, offset: 6, rows: 2 },
    { entity: 300, offset: 12, rows: 1 },
  ]);
  expect(rangesOf(spanEntities(idsOf()), [1], 0)).toEqual([]);
});

test('entities that were all there all the time take a few bytes', () => {
  const ids = idsOf(...Array.from({ length: 1_000 }, (_, k) => [k + 1, 64] as const));
  expect(spanEntities(ids)).toEqual(Uint8Array.of(1, 0xe8, 7, 64));
});
