import {
  defineComponent,
  defineProcessor,
  f64,
  MemoryStore,
  Worlds,
  type Lease,
} from '@archetype/core';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';

const Body = defineComponent('Body', { x: f64(0) });

/** A store that takes its time to create a world, which may fail. */
class SlowStore extends MemoryStore {
  created = Promise.withResolvers<void>();

  override async create(...given: Parameters<MemoryStore['create']>): Promise<Lease> {
    await this.created.promise;
    return super.create(...given);
  }
}

/** A world in it that counts how often its processor ran. */
function slowly() {
  const store = new SlowStore();
  const ran: number[] = [];
  const look = defineProcessor({
    name: 'look',
    components: [Body],
    process: (df, { tick }) => {
      ran.push(tick);
      return df;
    },
  });
  const world = new Worlds(store).create('w', { processors: [look] });
  world.spawn(Body());
  return { store, world, ran };
}

test('a run computes nothing ahead while its store opens, and goes on then', async () => {
  const { store, world, ran } = slowly();
  const run = world.run({ steps: 5 });
  await setTimeout(20);
  expect(ran).toEqual([]);
  store.created.resolve();
  expect(await run).toMatchObject({ finalTick: 5, ticksCompleted: 5 });
  expect(ran).toEqual([1, 2, 3, 4, 5]);
});

test('a store that does not open ends the run, and what was staged is there for the next', async () => {
  const { store, world, ran } = slowly();
  const run = world.run({ steps: 5 });
  store.created.reject(new Error('no such disk'));
  await expect(run).rejects.toThrow('no such disk');
  expect(ran).toEqual([]);
  store.created = Promise.withResolvers();
  store.created.resolve();
  expect(await world.run({ steps: 1 })).toMatchObject({ startTick: 0, finalTick: 1 });
  expect((await world.query([Body])).numRows).toBe(1);
});
