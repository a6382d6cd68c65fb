import { f32, f64, fromColumns, i32, i64, timestamp, toIPC, u32, when } from '@archetype/core';
import { expect, test, vi } from 'vitest';

/** Memory as it may be when it was used before. */
function soiled<T>(byte: number, use: () => T): { readonly given: T; readonly blocks: number } {
  const spy = vi
    .spyOn(Buffer, 'allocUnsafeSlow')
    .mockImplementation((bytes) => Buffer.from(new ArrayBuffer(bytes)).fill(byte));
  try {
    const given = use();
    return { given, blocks: spy.mock.calls.length };
  } finally {
    spy.mockRestore();
  }
}

/** Results of most kinds that are numbers, with nulls and without, of so many rows. */
function results(rows: number) {
  const numbers = Array.from({ length: rows }, (_, k) => k);
  const some = numbers.map((k) => (k % 3 === 0 ? null : k));
  const df = fromColumns(
    {
      a: f64(),
      n: i32(),
      u: u32(),
      f: f32(),
      l: i64(),
      t: timestamp(),
      maybe: f64().nullable(),
      unknown: i32().nullable(),
    },
    {
      a: numbers.map((k) => k / 4),
      n: numbers,
      u: numbers,
      f: numbers,
      l: numbers.map(BigInt),
      t: numbers.map((k) => new Date(k)),
      maybe: some,
      unknown: some,
    },
  );
  return df.withColumns((c) => ({
    a: c.a.add(1),
    n: c.n.add(1),
    u: c.u.add(1),
    f: c.f.add(1),
    l: c.l.add(1n),
    later: when(c.n.gt(5)).then(c.t).otherwise(new Date(7)),
    maybe: when(c.n.gt(3)).then(c.maybe).otherwise(null),
    unknown: when(c.n.gt(3)).then(c.unknown).otherwise(1),
    odd: c.n.mod(2).eq(1),
    either: when(c.n.gt(5)).then(c.a).otherwise(c.maybe),
  }));
}

const bytesOf = (rows: number): Uint8Array => toIPC(results(rows));

// One f64 column has 128 rows in the smallest array that is not cleared.
test.each([1, 127, 128, 129, 1_001, 40_000])(
  'what was in memory before is in no result of %i rows',
  (rows) => {
    const clean = soiled(0, () => bytesOf(rows));
    const dirty = soiled(0xff, () => bytesOf(rows));
    expect(dirty.blocks > 0, 'memory that is not cleared was used').toBe(rows >= 128);
    expect(Buffer.compare(dirty.given, clean.given)).toBe(0);
    expect(Buffer.compare(bytesOf(rows), clean.given)).toBe(0);
  },
);

test('a column that is kept keeps no memory but its own', () => {
  for (const rows of [128, 1_001, 40_000])
    expect(results(rows).column('a').buffer.byteLength).toBe(rows * 8);
});
