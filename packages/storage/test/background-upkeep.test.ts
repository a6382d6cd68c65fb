import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BackgroundUpkeep } from '../src/durable/background-upkeep.ts';

/** Rounds that end when they are told to; each has noted whether another one followed. */
function rounds() {
  const gates: PromiseWithResolvers<void>[] = [];
  const again: (() => boolean)[] = [];
  const failures: unknown[] = [];
  const upkeep = new BackgroundUpkeep(
    (follows) => {
      again.push(follows);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      return gate.promise;
    },
    (error) => failures.push(error),
  );
  return { upkeep, gates, again, failures };
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
  gates[0]!.reject(new Error('the disk is full'));
  await delay(1);
  expect(failures).toMatchObject([{ message: 'the disk is full' }]);
  upkeep.start();
  expect(gates).toHaveLength(2);
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
