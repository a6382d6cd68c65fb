import { f64, fromColumns, makeMemoryReady, toIPC } from '@archetype/core';
import { expect, test, vi } from 'vitest';
import { SpareMemory } from '../src/expression/spare-memory.ts';

/** Memory that counts what was allocated, and fills it as a process would have left it. */
function counted(fill = 0) {
  const allocated: number[] = [];
  const memory = new SpareMemory((bytes) => {
    allocated.push(bytes);
    return new Uint8Array(bytes).fill(fill).buffer;
  });
  return { memory, allocated };
}

test('what was asked for is ready the next time, each piece once', () => {
  const { memory, allocated } = counted();
  const first = [8_000, 8_000, 4_000].map((bytes) => memory.take(bytes));
  memory.makeReady();
  expect(allocated).toEqual([8_000, 8_000, 4_000, 8_000, 8_000, 4_000]);
  const second = [8_000, 4_000, 8_000, 8_000].map((bytes) => memory.take(bytes));
  expect(second.map(({ byteLength }) => byteLength)).toEqual([8_000, 4_000, 8_000, 8_000]);
  expect(allocated.slice(6), 'three were ready, the fourth was not').toEqual([8_000]);
  expect(new Set([...first, ...second]).size).toBe(7);
});

test('what is left is kept for the next time, and let go when nobody asks for it any more', () => {
  const { memory, allocated } = counted();
  memory.take(8_000);
  memory.makeReady();
  memory.makeReady();
  expect(allocated, 'nobody asked in between').toEqual([8_000, 8_000]);
  memory.take(16_000);
  memory.makeReady();
  allocated.length = 0;
  memory.take(8_000);
  expect(allocated).toEqual([8_000]);
});

test('at most 1 MiB is kept ready, whether anybody makes it ready or not', () => {
  const { memory, allocated } = counted();
  for (let k = 0; k < 10_000; k++) memory.take(100_000);
  memory.take(2_000_000);
  allocated.length = 0;
  memory.makeReady();
  expect(allocated).toEqual(Array.from({ length: 10 }, () => 100_000));
});

test('columns in memory made ready are those that are computed without it, each in memory of its own', () => {
  const soiled = vi
    .spyOn(Buffer, 'allocUnsafeSlow')
    .mockImplementation((bytes) => Buffer.from(new ArrayBuffer(bytes)).fill(0xff));
  try {
    const rows = 1_000;
    const df = fromColumns(
      { a: f64(), b: f64() },
      { a: new Float64Array(rows), b: new Float64Array(rows) },
    );
    const next = () => df.withColumns((c) => ({ a: c.a.add(1), b: c.b.add(2) }));
    const plain = next();
    const expected = toIPC(plain);
    makeMemoryReady();
    soiled.mockClear();
    const ready = next();
    expect(Buffer.compare(toIPC(ready), expected)).toBe(0);
    expect(soiled, 'all of it was there').not.toHaveBeenCalled();
    const columns = [plain, ready].flatMap((frame) => [frame.column('a'), frame.column('b')]);
    expect(new Set(columns.map(({ buffer }) => buffer)).size).toBe(4);
    for (const { buffer } of columns) expect(buffer.byteLength).toBe(rows * 8);
  } finally {
    soiled.mockRestore();
  }
});

test('where there is no memory to make ready, nobody is told before it is needed', () => {
  const df = fromColumns({ a: f64() }, { a: new Float64Array(1_000) });
  df.withColumns((c) => ({ a: c.a.add(1) })).column('a');
  const none = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
    throw new RangeError('Array buffer allocation failed');
  });
  try {
    expect(makeMemoryReady()).toBeUndefined();
    expect(none).toHaveBeenCalled();
  } finally {
    none.mockRestore();
  }
});
