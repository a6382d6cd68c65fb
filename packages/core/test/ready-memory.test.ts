import { f64, fromColumns, makeMemoryReady, toIPC } from '@archetype/core';
import { expect, test, vi } from 'vitest';
import { ReadyMemory } from '../src/expression/ready-memory.ts';

/** Memory that counts what was allocated, and fills it as a process would have left it. */
function counted() {
  const allocated: number[] = [];
  const memory = new ReadyMemory((bytes) => {
    allocated.push(bytes);
    return new Uint8Array(bytes).fill(0xff).buffer;
  });
  return { memory, allocated };
}

/** Memory after two rounds in which the same was asked for, so that it is ready. */
function usual(...sizes: readonly number[]) {
  const counting = counted();
  for (let round = 0; round < 2; round++) {
    for (const bytes of sizes) counting.memory.take(bytes);
    counting.memory.makeReady();
  }
  counting.allocated.length = 0;
  return counting;
}

test('what was asked for twice is ready the third time, each piece once', () => {
  const { memory, allocated } = usual(8_000, 8_000, 4_000);
  const given = [8_000, 4_000, 8_000, 8_000].map((bytes) => memory.take(bytes));
  expect(given.map(({ byteLength }) => byteLength)).toEqual([8_000, 4_000, 8_000, 8_000]);
  expect(allocated, 'three were ready, the fourth was not').toEqual([8_000]);
  expect(new Set(given).size).toBe(4);
});

test('what is left is kept for the next time, and let go when nobody asks for it any more', () => {
  const { memory, allocated } = usual(8_000);
  memory.makeReady();
  memory.take(8_000);
  expect(allocated, 'nobody asked in between').toEqual([]);
  memory.take(16_000);
  memory.makeReady();
  memory.take(8_000);
  expect(allocated).toEqual([16_000, 8_000]);
});

test('of what is left, each piece is given once', () => {
  const { memory, allocated } = usual(8_000, 8_000, 8_000, 8_000);
  const given = [memory.take(8_000), memory.take(8_000)];
  memory.makeReady();
  given.push(memory.take(8_000), memory.take(8_000));
  expect(new Set(given).size).toBe(4);
  expect(allocated, 'two of the four were left').toEqual([]);
});

test('each page of it is there before it is needed', () => {
  const cells = new Uint8Array(usual(10_000).memory.take(10_000));
  expect([0, 1, 4_096, 8_192, 9_999].map((at) => cells[at])).toEqual([0, 0xff, 0, 0, 0xff]);
});

test('for sizes that change with each tick nothing is made', () => {
  const { memory, allocated } = usual();
  for (let bytes = 8_000; bytes < 8_100; bytes += 8) {
    memory.take(bytes);
    memory.makeReady();
  }
  expect(allocated).toHaveLength(13);
});

test('at most 1 MiB is kept ready, whether anybody makes it ready or not', () => {
  const { memory, allocated } = usual(100_000);
  for (let k = 0; k < 100; k++) memory.take(100_000);
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
    next().column('a');
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
  const df = fromColumns({ a: f64() }, { a: new Float64Array(1_300) });
  const use = () => df.withColumns((c) => ({ a: c.a.add(1) })).column('a');
  use();
  makeMemoryReady();
  use();
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
