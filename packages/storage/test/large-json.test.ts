import type { Acceptance, CommandRecord, Json } from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './journal/journal-in.ts';

const tables = {
  backend: 'none',
  module:
    'data:text/javascript,export const openTableStore = async () => ({ async *list() {}, async remove() {}, async close() {} })',
};
const accepted = (sequence: number, payload: Json): Acceptance => {
  const command: CommandRecord = {
    id: `c${sequence}`,
    type: 'say',
    payload,
    tick: 0,
    priority: 0,
    sequence,
    actor: { id: 'ann', roles: [] },
    acceptedAt: 0,
  };
  return { commands: [command] };
};

test('commands of more JSON than a string holds, or nested deeper than it can be written, are refused with a code, and the store goes on', async () => {
  await using store = await openDurableStore({ directory: await temporaryDirectory(), tables });
  // One text, many times: memory holds it once, and JSON would not.
  const text = 'x'.repeat(1 << 25);
  let nested: Json = [];
  for (let k = 0; k < 1e6; k++) nested = [nested];
  for (const payload of [Array.from({ length: 17 }, () => text), nested]) {
    await expect(store.accept(accepted(0, payload))).rejects.toMatchObject({
      code: 'commit_failed',
      message: expect.stringMatching(/nothing of it is stored/),
    });
  }
  await store.accept(accepted(1, 'small'));
  expect(await store.commands({})).toMatchObject([{ id: 'c1', payload: 'small' }]);
});
