import { LentMemory } from '@archetype/storage';
import { expect, test } from 'vitest';

test('memory is lent again once the work with it is done, and to one at a time', async () => {
  const memory = new LentMemory();
  const first = await memory.lend(async (bytes) => bytes(1_000));
  expect(first.byteLength).toBe(1_000);
  const gate = Promise.withResolvers<void>();
  const second = memory.lend(async (bytes) => {
    const mine = bytes(2_000);
    await gate.promise;
    return mine;
  });
  const third = await memory.lend(async (bytes) => bytes(10));
  gate.resolve();
  expect((await second).buffer).toBe(first.buffer);
  expect(third.buffer).not.toBe(first.buffer);
});

test('memory that is too small is replaced, and work that fails gives it back', async () => {
  const memory = new LentMemory();
  const small = await memory.lend(async (bytes) => bytes(10));
  const large = await memory.lend(async (bytes) => bytes(small.buffer.byteLength + 1));
  expect(large.byteLength).toBe(small.buffer.byteLength + 1);
  expect(large.buffer).not.toBe(small.buffer);
  const failing = memory.lend(async (bytes) => {
    bytes(5);
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  const again = await memory.lend(async (bytes) => bytes(20));
  expect(again.buffer).toBe(large.buffer);
});

test('of what overlapping work gives back, the largest stays, also when the last never asked', async () => {
  const memory = new LentMemory();
  const large = await memory.lend(async (bytes) => bytes(40 << 20));
  const gate = Promise.withResolvers<void>();
  const first = memory.lend(async (bytes) => bytes(1));
  const small = memory.lend(async (bytes) => {
    await gate.promise;
    return bytes(10);
  });
  const none = memory.lend(() => gate.promise);
  await first;
  gate.resolve();
  await Promise.all([small, none]);
  expect((await memory.lend(async (bytes) => bytes(1))).buffer).toBe(large.buffer);
});
