import { columnOf, Frame, types, type Field } from '@archetype/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTableStore } from '../src/lance-table-store.ts';

const rows = 100_000;
const directory = await mkdtemp(join(tmpdir(), 'archetype compression '));
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Bytes that a part of these numbers takes; what is read back must be the same. */
async function bytesOf(
  part: string,
  numbers: Float64Array | Int32Array,
  field: Field = { name: 'x', type: types.f64 },
): Promise<number> {
  const store = await openTableStore(directory);
  const schema = [field];
  const frame = new Frame(schema, [columnOf(field.type, rows, numbers)], rows);
  const { bytes } = await store.write(
    part,
    schema,
    (async function* () {
      yield frame;
    })(),
  );
  let at = 0;
  for await (const read of store.scan([{ part, offset: 0, rows }], schema)) {
    const { data } = read.at(field.name);
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

  it('take next to nothing where they are ticks, in spans too', async () => {
    const field = { name: 'tick', type: types.i32 };
    const inOrder = Int32Array.from({ length: rows }, (_, k) => Math.floor(k / 1_000));
    expect(await bytesOf('in-order', inOrder, field)).toBeLessThan(rows / 4);
    const spans = Int32Array.from(
      { length: rows },
      (_, k) => Math.floor(k / 16_000) * 16 + (k % 16),
    );
    expect(await bytesOf('spans', spans, field)).toBeLessThan(rows / 4);
  });
});
