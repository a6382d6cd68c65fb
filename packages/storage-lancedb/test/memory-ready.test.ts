import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory, walkers } from './walkers.ts';

test('memory for a tick is made while the disk works on the one before', async () => {
  const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
  const store = await openDurableStore({ directory: await temporaryDirectory(), tables: lancedb });
  try {
    const world = walkers(store, 'w', 1_000);
    await world.run({ steps: 3 });
    await setImmediate();
    const made = new Set(allocate.mock.results.map(({ value }) => (value as Buffer).buffer));
    await world.step();
    const { tables } = (await store.snapshot(world.id, world.tick))!;
    const [x] = [...tables.values()].flatMap(({ frame }) => frame.find('position__x')?.data ?? []);
    expect(x).toHaveLength(1_000);
    expect(made.has((x as Float64Array).buffer as ArrayBuffer)).toBe(true);
  } finally {
    allocate.mockRestore();
    await store.close();
  }
});
