import { columnOf, Frame, types } from '@archetype/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTableStore } from '../src/lance-table-store.ts';

const rows = 100_000;
const schema = [{ name: 'x', type: types.f64 }];
const directory = await mkdtemp(join(tmpdir(), 'archetype compression '));
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Bytes that a part of these numbers takes; what is read back must be the same. */
async function bytesOf(part: string, numbers: Float64Array): Promise<number> {
  const store = await openTableStore(directory);
  const frame = new Frame(schema, [columnOf(types.f64, rows, numbers)], rows);
  const { bytes } = await store.write(
    part,
    schema,
    (async function* () {
      yield frame;
    })(),
  );
  let at = 0;
  for await (const read of store.scan([{ part, offset: 0, rows }], schema)) {
    const { data } = read.at('x');
    expect(data).toEqual(numbers.subarray(at, (at += read.numRows)));
  }
  await store.close();
  return bytes;
}

describe('numbers in parts', () => {
  it('take a fraction of their memory where they are regular', async () => {
    const regular = Float64Array.from({ length: rows }, (_, k) => k * 8);
    expect(await bytesOf('regular', regular)).toBeLessThan((rows * 8) / 4);
  });

  it('take no more than their memory where they are not', async () => {
    let seed = 1;
    const next = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const irregular = Float64Array.from({ length: rows }, () => next() * 2 ** (next() * 600 - 300));
    expect(await bytesOf('irregular', irregular)).toBeLessThan(rows * 8 * 1.05);
  });
});
