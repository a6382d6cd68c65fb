import { randomStream } from '@archetype/core';
import { expect, test } from 'vitest';

const ten = (seed: number, label: string) => {
  const stream = randomStream(seed, label);
  return Array.from({ length: 10 }, () => stream.uniform());
};

test('the same seed and label give the same numbers; another seed or label others', () => {
  expect(ten(7, 'start')).toEqual(ten(7, 'start'));
  expect(new Set([ten(7, 'start'), ten(8, 'start'), ten(7, 'end')].flat()).size).toBe(30);
});

test('a stream has the distributions of those that processors draw from', () => {
  const stream = randomStream(1, 'walk');
  expect([...stream.permutation(5)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  expect(stream.integer(3, 4)).toBe(3);
  expect(['a', 'b']).toContain(stream.choice(['a', 'b']));
});

test.each([
  [-1, 'x'],
  [1.5, 'x'],
  [Number.NaN, 'x'],
  [2 ** 53, 'x'],
  [1, undefined as never],
])('the seed %s with the label %s is refused with a sentence', (seed, label) => {
  expect(() => randomStream(seed, label)).toThrow(
    expect.objectContaining({
      code: 'invalid_argument',
      message: expect.stringMatching(/give a whole number from 0 to 2\^53 - 1 and a text/),
    }),
  );
});
