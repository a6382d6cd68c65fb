import {
  defineComponent,
  defineProcessor,
  f64,
  MemoryStore,
  Worlds,
  type Commit,
  type Store,
} from '@archetype/core';
import { expect, test } from 'vitest';

const Body = defineComponent('Body', { x: f64(0) });
const move = defineProcessor({
  name: 'move',
  components: [Body],
  process: (df) => df.withColumns((c) => ({ body__x: c.body.x.add(1) })),
});

/** A store that keeps commits at once, and answers so many of them together, the last one first. */
function answersBackwards(count: number): { store: Store; handed: number[] } {
  const handed: number[] = [];
  const answers: (() => void)[] = [];
  const memory = new MemoryStore();
  const append = async (commits: readonly Commit[]): Promise<void> => {
    handed.push(...commits.map(({ tick }) => tick));
    await memory.append(commits);
    const { promise, resolve } = Promise.withResolvers<void>();
    answers.push(resolve);
    if (answers.length === count) for (const answer of answers.toReversed()) answer();
    await promise;
  };
  const store = new Proxy<Store>(memory, {
    get(target, name) {
      if (name === 'append') return append;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { store, handed };
}

test('ticks become durable in their order, in whichever order the store answers', async () => {
  const { store, handed } = answersBackwards(4);
  const world = new Worlds(store).create('w', { processors: [move] });
  world.spawn(Body());
  const told: number[] = [];
  await world.run({ steps: 3, onProgress: ({ tick }) => void told.push(tick) });
  expect(handed).toEqual([0, 1, 2, 3]);
  expect(told).toEqual([1, 2, 3]);
  expect(world.tick).toBe(3);
  expect((await world.query([Body])).column('body__x')[0]).toBe(3);
});
