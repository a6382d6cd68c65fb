import {
  defineComponent,
  defineProcessor,
  f64,
  MemoryStore,
  Worlds,
  type Lease,
} from '@archetype/core';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';

const Body = defineComponent('Body', { x: f64(0) });

/** Whatever does not wait for the store has happened by then. */
async function turns(): Promise<void> {
  for (let k = 0; k < 5; k++) await setImmediate();
}

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

test('a run computes one tick while its store opens, and the others then', async () => {
  const { store, world, ran } = slowly();
  const run = world.run({ steps: 5 });
  await turns();
  expect(ran).toEqual([1]);
  store.created.resolve();
  expect(await run).toMatchObject({ finalTick: 5, ticksCompleted: 5 });
  expect(ran).toEqual([1, 2, 3, 4, 5]);
});

test('what is staged after a step was called belongs to the next one, however long its store takes to open', async () => {
  const { store, world } = slowly();
  const step = world.step();
  await turns();
  world.spawn(Body());
  store.created.resolve();
  await step;
  await world.step();
  const { numRows } = await world.query([Body], { ticks: 1 });
  expect(numRows).toBe(1);
  expect((await world.query([Body])).numRows).toBe(2);
});

test('closing waits for a step whose store is still opening', async () => {
  const { store, world } = slowly();
  const step = world.step();
  await turns();
  const closed = world.close();
  store.created.resolve();
  expect(await step).toMatchObject({ finalTick: 1 });
  await closed;
});

test('a store that does not open ends the run, and what was staged is there for the next', async () => {
  const { store, world, ran } = slowly();
  const run = world.run({ steps: 5 });
  store.created.reject(new Error('no such disk'));
  await expect(run).rejects.toThrow('no such disk');
  expect(ran).toEqual([1]);
  store.created = Promise.withResolvers();
  store.created.resolve();
  expect(await world.run({ steps: 1 })).toMatchObject({ startTick: 0, finalTick: 1 });
  expect((await world.query([Body])).numRows).toBe(1);
});
