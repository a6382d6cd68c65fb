import { crc32 as inNode } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32, fastest } from '../../src/journal/crc32.ts';

test('the fast checksum and the one of Node are the same, however bytes are cut, so that stores can move between machines', () => {
  const all = Uint8Array.from({ length: 70_000 }, (_, k) => (k * 31) ^ (k >> 5));
  for (const length of [...Array(300).keys(), 4_096, 65_537, 70_000]) {
    const bytes = all.subarray(length % 7, length);
    const sum = inNode(bytes);
    expect(crc32(bytes), `${length} bytes`).toBe(sum);
    for (const cut of [1, 8, length >> 1])
      expect(
        crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut))),
        `${length}, cut at ${cut}`,
      ).toBe(sum);
  }
});

test('where there is no build of the fast one, the one of Node is taken', () => {
  const load = (): never => {
    throw new Error('Cannot find native binding.');
  };
  expect(fastest(load)).toBe(inNode);
  const other = (): number => 0;
  expect(fastest(() => other)).toBe(other);
});

// Other systems may be without.
test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'here there is a build of it',
  () => expect(crc32).not.toBe(inNode),
);
