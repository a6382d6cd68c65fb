import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BackgroundUpkeep } from '../src/durable/background-upkeep.ts';

/** Rounds that end when they are told to; each has noted whether another one followed. */
function rounds() {
  const gates: PromiseWithResolvers<void>[] = [];
  const again: (() => boolean)[] = [];
  const merged: ((waiting: number) => void)[] = [];
  const failures: unknown[] = [];
  const upkeep = new BackgroundUpkeep(
    (follows, wait) => {
      again.push(follows);
      merged.push(wait);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      return gate.promise;
    },
    (error) => failures.push(error),
  );
  return { upkeep, gates, again, merged, failures };
}

test('whatever is flushed during a round has one more round, and only one', async () => {
  const { upkeep, gates, again } = rounds();
  upkeep.start();
  expect(again[0]!()).toBe(false);
  upkeep.start();
  upkeep.start();
  expect([gates.length, again[0]!()]).toEqual([1, true]);
  gates[0]!.resolve();
  await delay(1);
  expect([gates.length, again[1]!()]).toEqual([2, false]);
  gates[1]!.resolve();
  await delay(1);
  expect(gates).toHaveLength(2);
  upkeep.start();
  expect(gates).toHaveLength(3);
});

test('a round that fails is told, and the next flush begins another', async () => {
  const { upkeep, gates, failures } = rounds();
  upkeep.start();
  upkeep.start();
  gates[0]!.reject(new Error('the disk is full'));
  await delay(1);
  // What was flushed meanwhile has its round all the same.
  expect(gates).toHaveLength(2);
  gates[1]!.resolve();
  await delay(1);
  expect(failures).toMatchObject([{ message: 'the disk is full' }]);
  upkeep.start();
  expect(gates).toHaveLength(3);
});

test('flushes wait while too many parts wait to be merged, and only so long', async () => {
  const { upkeep, gates, again, merged } = rounds();
  let flushes = 0;
  const flush = async (): Promise<void> => {
    await upkeep.room();
    upkeep.flushed();
    flushes++;
  };
  for (let k = 0; k < 64; k++) await flush();
  expect([flushes, gates.length]).toEqual([64, 0]);
  const waiting = flush();
  await delay(1);
  expect([flushes, gates.length, again[0]!()]).toEqual([64, 1, false]);
  merged[0]!(70);
  await delay(1);
  expect(flushes).toBe(64);
  // The round goes on; there is room already.
  merged[0]!(63);
  await waiting;
  expect([flushes, gates.length]).toEqual([65, 1]);
  // A round that ends with too many left is followed by another.
  const next = flush();
  gates[0]!.resolve();
  await delay(1);
  expect([flushes, gates.length]).toEqual([65, 2]);
  merged[1]!(0);
  await next;
  expect(flushes).toBe(66);
});

test('flushes do not wait for merges that fail, nor after the end', async () => {
  const { upkeep, gates, failures } = rounds();
  for (let k = 0; k < 64; k++) upkeep.flushed();
  const first = upkeep.room();
  gates[0]!.reject(new Error('a part is gone'));
  await first;
  expect(failures).toHaveLength(1);
  for (let k = 0; k < 64; k++) upkeep.flushed();
  const second = upkeep.room();
  const end = upkeep.end();
  await second;
  gates[1]!.resolve();
  await end;
  await upkeep.room();
  expect(gates).toHaveLength(2);
});

test('a round is told of the end while it is under way', async () => {
  const { upkeep, gates, again } = rounds();
  upkeep.start();
  expect(again[0]!()).toBe(false);
  const end = upkeep.end();
  expect(again[0]!()).toBe(true);
  gates[0]!.resolve();
  await end;
});

test('its end waits for the round that is under way, and nothing begins after it', async () => {
  const { upkeep, gates, again } = rounds();
  upkeep.start();
  upkeep.start();
  let ended = false;
  const end = upkeep.end().then(() => (ended = true));
  await delay(1);
  expect([ended, again[0]!()]).toEqual([false, true]);
  gates[0]!.resolve();
  await end;
  upkeep.start();
  await delay(1);
  expect(gates).toHaveLength(1);
});
