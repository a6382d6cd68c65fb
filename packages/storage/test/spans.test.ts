import { expect, test } from 'vitest';
import { planSpans } from '../src/spans/plan-spans.ts';

const ticks = (count: number, rows: number, run = 'r') =>
  Array.from({ length: count }, () => ({ run, rows }));
const sizes = (spans: readonly (readonly unknown[])[]) => spans.map(({ length }) => length);

test('as many neighbouring ticks share a span as have 16 384 rows together', () => {
  expect(sizes(planSpans(ticks(40, 1_000)))).toEqual([16, 16, 8]);
  expect(sizes(planSpans(ticks(8, 4_096)))).toEqual([4, 4]);
  expect(planSpans(ticks(20, 1_000)).flat()).toHaveLength(20);
});

test('ticks of different runs share none', () => {
  const two = [...ticks(10, 1_000), ...ticks(10, 1_000, 's')];
  expect(sizes(planSpans(two))).toEqual([10, 10]);
});

test('ticks of many rows, of hardly any, and a few that are left over stay alone', () => {
  expect(sizes(planSpans(ticks(3, 100_000)))).toEqual([1, 1, 1]);
  expect(sizes(planSpans(ticks(4, 5_000)))).toEqual([1, 1, 1, 1]);
  expect(sizes(planSpans(ticks(100, 15)))).toEqual(Array.from({ length: 100 }, () => 1));
  expect(sizes(planSpans(ticks(18, 1_000)))).toEqual([16, 1, 1]);
  expect(planSpans([])).toEqual([]);
});
