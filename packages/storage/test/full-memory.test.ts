import { openDurableStore } from '@archetype/storage';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './journal/journal-in.ts';
import { brokenParts, command } from './records.ts';

const tables = brokenParts;

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
        commands: [command(`c${sequence}`, sequence, payload)],
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
