import {
  defineComponent,
  defineProcessor,
  f64,
  i32,
  MemoryStore,
  Worlds,
  type DataFrame,
  type World,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { drive } from '../src/tick/drive.ts';

const Body = defineComponent('Body', { x: f64(0), n: i32(0) });
const Tag = defineComponent('Tag');

const worldWith = (process: (df: DataFrame) => unknown): World => {
  const processor = defineProcessor({ name: 'odd', components: [Body], process: process as never });
  const world = new Worlds(new MemoryStore()).create(
    'test',
    { processors: [processor], components: [Tag] },
    { seed: 1 },
  );
  for (let k = 0; k < 3; k++) world.spawn(Body({ x: k }));
  return world;
};
const filter = (df: DataFrame) =>
  df.filter((c) => (c as never as { body: { x: { gt(x: number): never } } }).body.x.gt(0));

describe('what a processor returns is held against what it was given', () => {
  test.each<[string, (df: DataFrame) => unknown, string, RegExp]>([
    [
      'fewer rows',
      filter,
      'processor_dropped_rows',
      /"odd" dropped 1 of 3 entities \(for example 1\).*ctx\.despawn/,
    ],
    [
      'a new column',
      (df) => df.withColumns(() => ({ speed: 1 })),
      'processor_schema',
      /new column speed/,
    ],
    ['a column less', (df) => df.drop('body__x'), 'processor_schema', /without column body__x/],
    [
      'another type',
      (df) => df.drop('body__n').withColumns(() => ({ body__n: 1.5 }) as never),
      'processor_schema',
      /body__n as f64; the table holds i32/,
    ],
    ['nothing', () => undefined, 'processor_result', /returned nothing/],
    ['rows as objects', (df) => df.toRows(), 'processor_result', /returned an array/],
    [
      'a changed base column',
      (df) => df.withColumns(() => ({ is_active: false }) as never),
      'processor_schema',
      /changed is_active/,
    ],
    [
      'a changed tick',
      (df) => df.withColumns(() => ({ tick: 7 }) as never),
      'processor_schema',
      /changed tick/,
    ],
  ])('%s', async (_name, process, code, message) => {
    const world = worldWith(process);
    await expect(world.step()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(world.tick).toBe(0);
    expect((await world.query([Body], { ticks: 'all' })).numRows).toBe(3);
  });

  test('the same rows in another order are put back in theirs', async () => {
    const world = worldWith((df) => {
      const changed = df.withColumns(
        (c) =>
          ({
            body__x: (c as never as { body: { x: { mul(x: number): unknown } } }).body.x.mul(10),
          }) as never,
      );
      return (changed as never as { take(rows: Int32Array): DataFrame }).take(
        Int32Array.of(2, 0, 1),
      );
    });
    await world.step();
    expect([...(await world.query([Body])).column('body__x')]).toEqual([0, 10, 20]);
  });

  test('an asynchronous failure is the tick failing, too', async () => {
    const world = worldWith(async () => {
      await Promise.resolve();
      throw new Error('late.');
    });
    await expect(world.step()).rejects.toMatchObject({
      code: 'processor_failed',
      message: expect.stringContaining('late.'),
    });
  });
});

describe('waiting', () => {
  test('a processor that never settles can be given up, and the world goes on', async () => {
    let stuck = true;
    const world = worldWith((df) => (stuck ? new Promise(() => undefined) : df));
    const controller = new AbortController();
    const step = world.step({ signal: controller.signal });
    world.spawn(Body({ x: 9 }));
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(step).rejects.toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
    stuck = false;
    expect(world.staged()).toHaveLength(1);
    await world.step();
    expect(world.info()).toMatchObject({ tick: 1, entities: 4 });
  });

  test('a signal that is aborted already stops before the first tick', async () => {
    const world = worldWith((df) => df);
    await expect(world.run({ steps: 5, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(world.tick).toBe(0);
  });

  test('what is staged while a tick runs belongs to the next one', async () => {
    let release = (): void => undefined;
    const world = worldWith((df) => new Promise((resolve) => (release = () => resolve(df))));
    const step = world.step();
    await new Promise((resolve) => setImmediate(resolve));
    world.update(1, Body, { x: 50 });
    const id = world.spawn(Body({ x: 60 }));
    world.update(id, Body, { n: 6 });
    release();
    await step;
    expect([...(await world.query([Body])).column('body__x')]).toEqual([0, 1, 2]);
    expect(world.staged()).toHaveLength(3);
    const next = world.step();
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await next;
    expect((await world.query([Body])).toRows().map((r) => [r.body__x, r.body__n])).toEqual([
      [50, 0],
      [1, 0],
      [2, 0],
      [60, 6],
    ]);
  });

  test('a step asked for inside a step is refused', async () => {
    const world: World = worldWith((df) => {
      refused = world.step();
      refused.catch(() => undefined);
      return df;
    });
    let refused: Promise<unknown> = Promise.resolve();
    await world.step();
    await expect(refused).rejects.toMatchObject({ code: 'reentrant_step' });
    expect(world.tick).toBe(1);
  });

  test('steps asked for together take turns', async () => {
    const world = worldWith(async (df) => df);
    await Promise.all([world.step(), world.step(), world.run({ steps: 3 })]);
    expect(world.tick).toBe(5);
  });

  test('work that never waits ends where it was started', () => {
    function* work(waits: boolean) {
      if (waits) yield Promise.resolve();
      return 5;
    }
    expect(drive(work(false))).toBe(5);
    expect(drive(work(true))).toBeInstanceOf(Promise);
  });
});
