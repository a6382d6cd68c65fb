import { ArchetypeRuntime } from '@archetype/runtime';
import { expect, test } from 'vitest';
import { walkers } from './model.ts';
import { temporaryDirectory } from './temporary.ts';

test('the store of a runtime tells what it takes, thins the past and checks itself', async () => {
  const directory = await temporaryDirectory();
  await using runtime = new ArchetypeRuntime({ storage: directory });
  const world = runtime.world('w', walkers, { seed: 1 });
  await world.run({ steps: 20 });
  const store = await runtime.store();
  expect(store.health()).toMatchObject({ failures: 0, lostTicks: [] });
  expect(await store.retain(world.id, { olderThan: 5, every: 10 })).toBeGreaterThan(5);
  expect((await store.du()).every(({ bytes }) => bytes > 0)).toBe(true);
  expect(await store.verify()).toMatchObject({ sound: true });
});

test('a second runtime reads what the first one writes, and changes nothing', async () => {
  const directory = await temporaryDirectory();
  await using writer = new ArchetypeRuntime({ storage: directory });
  const world = writer.world('w', walkers, { seed: 1 });
  await world.run({ steps: 5 });
  await using reader = new ArchetypeRuntime({ storage: { uri: directory, readOnly: true } });
  const attached = await reader.attach('w');
  const names = attached.record.components.map(({ type }) => type);
  expect((await attached.query([names[0]!], { ticks: 5 })).numRows).toBeGreaterThan(0);
  await world.run({ steps: 5 });
  expect((await attached.query([names[0]!], { ticks: 10 })).numRows).toBeGreaterThan(0);
  await expect(reader.resume('w', walkers)).rejects.toMatchObject({ code: 'read_only' });
  await expect(reader.store()).rejects.toMatchObject({ code: 'read_only' });
});

test('a runtime in memory has no store to look after', async () => {
  await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  await expect(runtime.store()).rejects.toMatchObject({ code: 'read_only' });
});
