import { openDurableStore } from '@archetype/storage';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './journal/journal-in.ts';

const tables = {
  backend: 'none',
  module:
    'data:text/javascript,export const openTableStore = async () => { throw new Error("not here") }',
};

test('while flushing keeps failing, a store whose memory is full takes nothing more', async () => {
  const store = await openDurableStore({
    directory: await temporaryDirectory(),
    tables,
    cache: { globalMb: 1, flushMb: 0.5, idleSec: 1e6 },
  });
  const payload = 'x'.repeat(100_000);
  const refused = new Set<string>();
  let accepted = 0;
  for (let sequence = 0; sequence < 24; sequence++) {
    await store
      .accept({
        commands: [
          {
            id: `c${sequence}`,
            type: 'say',
            payload,
            tick: 0,
            priority: 0,
            sequence,
            actor: { id: 'ann', roles: [] },
            acceptedAt: 0,
          },
        ],
      })
      .then(
        () => accepted++,
        (error: { code: string }) => refused.add(error.code),
      );
  }
  expect(store.health().waitingBytes).toBeLessThan(1_200_000);
  expect([...refused]).toEqual(['flush_failed']);
  expect(await store.commands({})).toHaveLength(accepted);
  await expect(store.close()).rejects.toMatchObject({ code: 'close_failed' });
});
