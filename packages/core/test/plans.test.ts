import {
  col,
  defineComponent,
  defineProcessor,
  f64,
  Frame,
  fromColumns,
  fromValues,
  i32,
  MemoryStore,
  random,
  types,
  when,
  Worlds,
  type DataFrame,
} from '@archetype/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeAll, programFor, waitingOf } from '../src/expression/evaluate.ts';
import { frameOf, maybe } from './frame-of.ts';

/** The plan behind a column that waits, as something that can be compared. */
const planOf = (df: DataFrame, name: string): unknown =>
  waitingOf((df as unknown as Frame).at(name))!.output;

const df = fromColumns({ a: f64(), b: f64(), n: i32() }, { a: [1, 2], b: [10, 20], n: [1, 2] });

describe('what is asked again is not planned again', () => {
  test('the same expression of the same columns has one plan, and another literal another', () => {
    const plus = (x: number) =>
      planOf(
        df.withColumns((c) => ({ a: c.a.add(x) })),
        'a',
      );
    expect(plus(1)).toBe(plus(1));
    expect(plus(1)).not.toBe(plus(2));
    expect(plus(0)).not.toBe(plus(-0));
    expect(plus(1)).toBe(plus(1));
    const named = planOf(
      df.withColumns((c) => ({ b: c.a.add(1) })),
      'b',
    );
    expect(named).not.toBe(plus(1));
  });

  test('steps that follow each other have plans too, and a program', () => {
    const chain = () => {
      const first = df.withColumns((c) => ({ a: c.a.add(c.b) }));
      return first.withColumns((c) => ({ b: c.a.mul(2) }));
    };
    expect(planOf(chain(), 'b')).toBe(planOf(chain(), 'b'));
    expect([...chain().column('b')]).toEqual([22, 44]);
    const output = waitingOf((chain() as unknown as Frame).at('b'))!.output;
    expect(programFor([output])).toBe(programFor([output]));
  });

  test('columns that are computed alone at one time are computed together at another', () => {
    const pair = () => df.withColumns((c) => ({ a: c.a.add(0.25), b: c.b.add(0.25) }));
    const alone = pair() as unknown as Frame;
    computeAll([alone.at('a')]);
    expect([...pair().column('a'), ...pair().column('b')]).toEqual([1.25, 2.25, 10.25, 20.25]);
    computeAll([alone.at('b')]);
    expect([...(alone.at('b').data as Float64Array)]).toEqual([10.25, 20.25]);
  });

  test('sixteen plans are kept, those used last', () => {
    const plus = (x: number) =>
      planOf(
        df.withColumns((c) => ({ a: c.a.sub(x) })),
        'a',
      );
    const first = plus(0.5);
    for (let k = 0; k < 15; k++) plus(k + 1);
    expect(plus(0.5)).toBe(first);
    for (let k = 0; k < 16; k++) plus(k + 1);
    expect(plus(0.5)).not.toBe(first);
  });
});

describe('a plan that is kept is never used for something else', () => {
  /** Halves `a` twice, in between taking `b` for it: one plan, over two columns that both wait. */
  const halves = (given: any, a: string, b: string): any => {
    const half = (frame: any) => frame.withColumns(() => ({ [a]: (col(a) as any).mul(0.5) }));
    return half(half(given).withColumns(() => ({ [a]: col(b), [b]: col(a) })));
  };

  test('one plan over two frames, whose columns meet in a third', () => {
    const halved = halves(df, 'a', 'b');
    const [first, second] = ['a', 'b'].map((name) => waitingOf(halved.at(name))!);
    expect(first!.output.op).toBe(second!.output.op);
    computeAll([halved.at('a'), halved.at('b')]);
    expect([halved.at('a').pending, halved.at('b').pending]).toEqual([undefined, undefined]);
    expect([...halved.column('a'), ...halved.column('b')]).toEqual([5, 10, 0.5, 1]);
  });

  test('a verb over both of them', () => {
    const halved = halves(df, 'a', 'b');
    const both = halved.withColumns((c: any) => ({ sum: c.a.add(c.b) }));
    expect([...both.column('sum')]).toEqual([5.5, 11]);
    expect([...both.column('a')]).toEqual([5, 10]);
    expect([...both.column('b')]).toEqual([0.5, 1]);
  });

  test('what nobody reads is not computed for it, and cannot fail', () => {
    const big = fromColumns({ a: i32(), b: i32() }, { a: [2 ** 30], b: [1] });
    const quad = (frame: any) => frame.withColumns(() => ({ a: (col('a') as any).mul(4) }));
    const swap = (frame: any) => frame.withColumns(() => ({ a: col('b'), b: col('a') }));
    // `b` is too large for its type, and both columns come from one plan.
    const both = quad(swap(quad(big)));
    const [first, second] = ['a', 'b'].map((name) => waitingOf(both.at(name))!);
    expect(first!.output.op).toBe(second!.output.op);
    for (const names of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const [one, other] = names.map((name) => col(name) as any);
      const added = both.withColumns(() => ({ sum: one.add(other) }));
      expect([...added.column('a')]).toEqual([4]);
      expect(() => added.column('sum')).toThrow(/gave 4294967296/);
    }
  });

  test('a column that waits holds only the columns that it needs', () => {
    let given: any = fromColumns({ a: f64(), t: f64(), u: f64() }, { a: [1], t: [0], u: [0] });
    for (let k = 0; k < 300; k++)
      given = given.withColumns((c: any) => ({ t: c.a.add(1), u: c.t.mul(2) }));
    expect(waitingOf(given.at('u'))!.inputs.size).toBe(2);
    expect([...given.column('u')]).toEqual([4]);
  });

  test('such columns are right when nobody reads them but the tick', async () => {
    const Body = defineComponent('Body', { a: f64(1), b: f64(10) });
    const process = (given: unknown) => halves(given, 'body__a', 'body__b');
    const world = new Worlds(new MemoryStore()).create('w', {
      processors: [defineProcessor({ name: 'both', components: [Body], process })],
    });
    world.spawn(Body());
    await world.step();
    const rows = await world.query([Body]);
    expect(rows.toRows()[0]).toMatchObject({ body__a: 5, body__b: 0.5 });
  });

  test('literals that somebody holds and changes count as they are at the call', () => {
    const given = frameOf({
      v: [{ kind: 'vector', nullable: false, size: 2 }, [[1, 2]]],
      at: [types.timestamp, [new Date(5)]],
      tags: [{ kind: 'list', nullable: true, item: types.i32 }, [null]],
    });
    const point = new Float32Array([1, 0]);
    const date = new Date(5);
    const ids = [1];
    // Made once, as a module would.
    const dot = (col('v') as any).dot(point);
    const holes = [3, 5].map((x) => {
      // oxlint-disable-next-line no-sparse-arrays -- such a list is equal to none but its like
      const lists = [Object.freeze([, 1]), Object.freeze([x, 1])] as unknown[];
      return lists.map((at) => [
        ...given.withColumns(() => ({ d: (col('v') as any).dot(at) }) as never).toRows(),
      ]);
    });
    expect(holes.map(([, full]) => full![0]!.d)).toEqual([5, 7]);
    const late = (col('at') as any).gt(date);
    const tags = (col('tags') as any).fillNull(ids);
    const ask = () => given.withColumns(() => ({ dot, late, tags }) as never).toRows()[0]!;
    expect(ask()).toMatchObject({ dot: 1, late: false, tags: [1] });
    point[1] = 1;
    date.setTime(4);
    ids.push(2);
    expect(ask()).toMatchObject({ dot: 3, late: true, tags: [1, 2] });
  });

  test('a list of members counts by what is in it', () => {
    const among = (...values: number[]) => [
      ...df.withColumns((c) => ({ is: c.n.isIn(values) })).column('is'),
    ];
    expect(among(1)).toEqual([true, false]);
    expect(among(2)).toEqual([false, true]);
    expect(among(1, 2)).toEqual([true, true]);
    expect(among(1)).toEqual([true, false]);
  });

  test('cells that are null now were not before', () => {
    const type = maybe(types.f64);
    const schema = [{ name: 'x', type }];
    const ask = (x: number | null) => {
      const frame = new Frame(schema, [fromValues(type, [x])], 1);
      return frame.withColumns((c: any) => ({ x: c.x.add(1) })).toRows()[0]!.x;
    };
    expect([ask(1), ask(null), ask(2), ask(null)]).toEqual([2, null, 3, null]);
  });

  test('random numbers are those of the tick', async () => {
    const Dice = defineComponent('Dice', { x: f64(0) });
    const roll = defineProcessor({
      name: 'roll',
      components: [Dice],
      process: (given) => given.withColumns(() => ({ dice__x: random('roll') })),
    });
    const world = new Worlds(new MemoryStore()).create('w', { processors: [roll] });
    world.spawn(Dice());
    await world.run({ steps: 9 });
    const rows = await world.query([Dice], { ticks: 'all' });
    expect(new Set(rows.column('dice__x')).size).toBe(10);
  });

  test('what is made from numbers of the tick is of the tick too', async () => {
    const Dice = defineComponent('Dice', { x: f64(0), y: f64(0) });
    const lasting: unknown[] = [];
    const roll = defineProcessor({
      name: 'roll',
      components: [Dice],
      process: (given) => {
        const rolled = given.withColumns(() => ({ dice__x: random('roll') }));
        const next = rolled.withColumns((c) => ({ dice__y: c.dice.x.mul(2) }));
        lasting.push(waitingOf((next as unknown as Frame).at('dice__y'))!.output.lasting);
        return next;
      },
    });
    const world = new Worlds(new MemoryStore()).create('w', { processors: [roll] });
    world.spawn(Dice());
    await world.run({ steps: 2 });
    expect(lasting).toEqual([false, false]);
    const [row] = (await world.query([Dice])).toRows();
    expect(row!.dice__y).toBe(row!.dice__x * 2);
  });

  test('who has a component is as of the tick', async () => {
    const Body = defineComponent('Body', { marked: f64(-1) });
    const Mark = defineComponent('Mark', {});
    const look = defineProcessor({
      name: 'look',
      components: [Body],
      scope: 'world',
      process: (given) =>
        given.withColumns((c) => ({ body__marked: when(c.has(Mark)).then(1).otherwise(0) })),
    });
    const world = new Worlds(new MemoryStore()).create('w', { processors: [look] });
    const [first, second] = [world.spawn(Body()), world.spawn(Body(), Mark())];
    const marked = async () => [...(await world.query([Body])).column('body__marked')];
    await world.step();
    expect(await marked()).toEqual([0, 1]);
    world.addComponents(first, Mark());
    world.removeComponents(second, Mark);
    await world.step();
    expect(await marked()).toEqual([1, 0]);
  });

  test('an error names the processor that it is of, though another asked the same before', async () => {
    const N = defineComponent('N', { n: i32(0) });
    const ask = (name: string) =>
      defineProcessor({
        name,
        components: [N],
        process: (given) => given.withColumns((c) => ({ n__n: c.n.n.add(2 ** 30) })),
      });
    const world = new Worlds(new MemoryStore()).create('w', { processors: [ask('first')] });
    world.spawn(N());
    await world.step();
    world.processors.remove('first');
    world.processors.add(ask('second'));
    await expect(world.step()).rejects.toThrow(/"second"/);
  });

  test('an expression that shares its parts many times over is answered as fast the second time', () => {
    const doubled = () =>
      df.withColumns((c) => {
        let x = c.a as any;
        for (let k = 0; k < 60; k++) x = x.add(x);
        return { a: x };
      });
    for (let k = 0; k < 3; k++) expect(doubled().column('a')[0]).toBe(2 ** 60);
  });

  type Step =
    | {
        readonly kind: 'set';
        readonly to: number;
        readonly fn: string;
        readonly args: readonly Arg[];
      }
    | { readonly kind: 'swap'; readonly names: readonly [number, number] }
    | { readonly kind: 'read'; readonly name: number };
  type Arg = number | { readonly literal: number };
  const named = ['a', 'b', 'c'] as const;
  const at = fc.nat({ max: 2 });
  const arg = fc.oneof(at, fc.record({ literal: fc.constantFrom(0, -0, 0.5, 3, NaN) }));
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('set' as const),
        to: at,
        fn: fc.constantFrom('add', 'mul', 'sub', 'fillNull', 'gt'),
        args: fc.tuple(at, arg),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('swap' as const), names: fc.tuple(at, at) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), name: at }) },
  );
  const play = (given: any, steps: readonly Step[]): any =>
    steps.reduce((frame: any, next) => {
      if (next.kind === 'read') {
        computeAll([frame.at(named[next.name])]);
        return frame;
      }
      if (next.kind === 'swap') {
        const [one, other] = next.names.map((k) => named[k]!) as [string, string];
        return frame.withColumns(() => ({ [one]: col(other), [other]: col(one) }));
      }
      const [first, second] = next.args.map((one) =>
        typeof one === 'number' ? (col(named[one]!) as any) : one.literal,
      );
      const value = first[next.fn](second);
      const cells = next.fn === 'gt' ? when(value).then(1).otherwise(-1) : value;
      return frame.withColumns(() => ({ [named[next.to]!]: cells }));
    }, given);

  test('steps over one schema give what they give over a new one, whatever was asked before', () => {
    const type = maybe(types.f64);
    const schema = named.map((name) => ({ name, type }));
    const cell = fc.option(fc.constantFrom(0, 1, -2.5, 1e300), { nil: null });
    const column = fc.array(cell, { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(column, column, column), { minLength: 2, maxLength: 4 }),
        (steps, data) => {
          for (const cells of data) {
            const over = (fields: typeof schema) =>
              play(
                new Frame(
                  fields,
                  cells.map((some) => fromValues(type, some)),
                  2,
                ),
                steps,
              );
            expect(over(schema).toRows()).toEqual(over([...schema]).toRows());
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
