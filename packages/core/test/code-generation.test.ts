import { MemoryStore, Worlds } from '@archetype/core';
import { expect, test } from 'vitest';
import { movement, Position, Velocity } from './models/wandering.ts';

test('this file runs with code generation exactly where its project allows it', async () => {
  const forbidden = process.env.ARCHETYPE_TEST_NO_CODE_GENERATION === '1';
  let generated = 0;
  const Original = globalThis.Function;
  globalThis.Function = new Proxy(Original, {
    construct(target, args) {
      generated++;
      return Reflect.construct(target, args) as object;
    },
  });
  try {
    const world = new Worlds(new MemoryStore()).create('test', { processors: [movement] });
    world.spawn(Position(), Velocity({ dx: 2 }));
    await world.step();
    expect([...(await world.query([Position])).column('position__x')]).toEqual([2]);
  } finally {
    globalThis.Function = Original;
  }
  expect(generated).toBeGreaterThan(0);
  if (forbidden) expect(() => new Original('return 1')).toThrow(EvalError);
  else expect(new Original('return 1')()).toBe(1);
});
