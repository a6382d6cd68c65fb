import {
  ArchetypeError,
  defineComponent,
  defineProcessor,
  defineResource,
  defineSimulation,
  f64,
  fromArrow,
  fromColumns,
  fromRows,
  json,
  MemoryStore,
  utf8,
  vector,
  Worlds,
} from '@archetype/core';
import { expect, test } from 'vitest';
import { z } from 'zod';

const Talk = defineComponent('Talk', { text: utf8('x'), words: z.array(z.string()).default([]) });
const df: any = fromColumns({ x: f64(), v: vector(2) }, { x: [1], v: [[1, 2]] });
const world: any = new Worlds(new MemoryStore()).create('w', { components: [Talk] }, { seed: 1 });
const id = world.spawn(Talk());

test.each<[string, () => unknown, RegExp]>([
  [
    'withColumns(null)',
    () => df.withColumns(null),
    /withColumns takes a function of the columns and was given null/,
  ],
  [
    'filter("x")',
    () => df.filter('x'),
    /filter takes a function of the columns and was given string/,
  ],
  [
    'agg()',
    () => df.groupBy('x').agg(),
    /agg takes a function of the columns and was given undefined/,
  ],
  ['join without options', () => df.join(df), /join was given 0 keys on the left/],
  ['join with null', () => df.join(null, { on: 'x' }), /A DataFrame was needed/],
  [
    'sort(null)',
    () => (df.sort as (key: null) => unknown).call(df, null),
    /sort was given null; give a column's name/,
  ],
  ['rename(null)', () => df.rename(null), /rename was given null/],
  ['select(null)', () => df.select(null), /There is no column "null"/],
  ['groupBy(null)', () => df.groupBy(null), /There is no column "null"/],
  ['kernel(null)', () => df.kernel(null), /kernel was given null; give it an object/],
  ['mapRows(null)', () => df.mapRows(null), /mapRows was given null; give it an object/],
  ['fromRows(null)', () => (fromRows as any)(null), /fromRows was given null/],
  ['fromRows of no rows', () => (fromRows as any)({}, null), /fromRows takes a list of rows/],
  ['fromColumns(null)', () => (fromColumns as any)(null), /fromColumns was given null/],
  ['fromArrow(null)', () => (fromArrow as any)(null), /fromArrow was given null/],
  ['defineProcessor(null)', () => (defineProcessor as any)(null), /defineProcessor was given null/],
  ['a simulation of null', () => (defineSimulation as any)(null), /A simulation was given null/],
  ['on()', () => world.on(), /There is no event undefined/],
  ['Worlds of nothing', () => new (Worlds as any)(null), /Worlds was given null/],
  ['send(null)', () => world.send(null), /Entity undefined is not alive/],
  [
    'half a surrogate pair in a value',
    () => Talk({ text: '\uD800' }),
    /A text given for Talk.text holds half a surrogate pair/,
  ],
  ['… in a list', () => Talk({ words: ['a', '\uDC00'] }), /A text given for Talk.words holds half/],
  [
    '… in an update',
    () => world.update(id, Talk, { text: 'a\uD83D' }),
    /A text given for Talk.text holds half/,
  ],
  [
    'and()',
    () => df.withColumns((c: any) => ({ y: c.x.gt(0).and() })),
    /and needs two conditions; it was given bool\./,
  ],
  [
    'add()',
    () => df.withColumns((c: any) => ({ y: c.x.add() })),
    /add needs .*; it was given f64\./,
  ],
  [
    'fillNull()',
    () => df.withColumns((c: any) => ({ y: c.x.fillNull() })),
    /fillNull needs .*; it was given f64\./,
  ],
  [
    'between(0)',
    () => df.withColumns((c: any) => ({ y: c.x.between(0) })),
    /An expression was given undefined; give a value/,
  ],
  [
    'isIn(1)',
    () => df.withColumns((c: any) => ({ y: c.x.isIn(1) })),
    /isIn was given number; it takes a list of values/,
  ],
  [
    '… in an expression',
    () => df.withColumns(() => ({ t: '\uD800' })),
    /A text in an expression holds half/,
  ],
])('%s is one error that says what to do', (_name, call, message) => {
  expect(call).toThrow(ArchetypeError);
  expect(call).toThrow(message);
});

const Notes = defineComponent('Notes', { all: json().default([]), any: z.unknown() });
const Inner = defineComponent('Inner', {
  list: z.array(z.unknown()).default([]),
  struct: z.object({ any: z.unknown() }).default({ any: null }),
});
const Config = defineResource('config', { schema: z.unknown() });
const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let k = 0; k < levels; k++) value = [value];
  return value;
};
const inItself: { self?: unknown } = {};
inItself.self = inItself;
const noJson: readonly (readonly [string, unknown])[] = [
  ['a bigint', 1n],
  ['something inside itself', inItself],
  ['a function', () => 1],
  ['what is nested far too deeply', deep(100_000)],
];

test.each(
  noJson.flatMap(([what, value]) =>
    (
      [
        ['a message', () => world.send({ to: id, content: value }), /^The content of a message /],
        ['a resource', () => Config(value), /^The value of data resource "config" /],
        ['a field', () => Notes({ any: value }), /^A value for Notes.any /],
        [
          'a field of JSON',
          () => Notes({ any: null, all: value }),
          /^A (Notes value|.*Notes.all) /,
        ],
        ['a list', () => Inner({ list: [value] }), /^A(n)? (value for Inner.list|Inner value) /],
        ['a struct', () => Inner({ struct: { any: value } }), /^A value for Inner.struct.any /],
        ['an update', () => world.update(id, Notes, { any: value }), /^A value for Notes.any /],
        ['a frame', () => fromColumns({ any: json() }, { any: [value] }), /^Column any: A cell /],
        [
          'a frame of numbers',
          () => fromColumns({ x: f64() }, { x: [value as never] }),
          /column of type f64/,
        ],
      ] as const
    ).map(([where, call, message]) => [what, where, call, message] as const),
  ),
)('%s in %s is one error that says whose it is', (_what, _where, call, message) => {
  expect(call).toThrow(ArchetypeError);
  expect(call).toThrow(expect.objectContaining({ code: 'invalid_value' }));
  expect(call).toThrow(message);
});

test('a resource of too many levels is refused, whoever could read it', () => {
  expect(() => Config(deep(101))).not.toThrow();
  expect(() => Config(deep(102))).toThrow(/data resource "config" is nested deeper than 100/);
});

test('a check that fails by itself is told as it is', () => {
  const time = z.string().refine((text) => new Date(text).toISOString() === text);
  expect(() => defineComponent('At', { time })({ time: 'nonsense' })).toThrow(
    /^Invalid time value$/,
  );
});

test('isIn takes whatever can be iterated over', () => {
  const some = fromColumns({ x: f64() }, { x: [1, 2, 3] }) as any;
  for (const values of [[1, 3], new Set([1, 3]), Float64Array.of(1, 3)])
    expect([...some.filter((c: any) => c.x.isIn(values)).column('x')]).toEqual([1, 3]);
});

test('what is done to a value after it was given does not reach the tick', async () => {
  const given = { list: [1] };
  const value = Notes({ any: given });
  const inner = Inner({ list: [given], struct: { any: given } });
  given.list.push(2);
  expect(() => (value as any).any.list.push(3)).toThrow(TypeError);
  const other = new Worlds(new MemoryStore()).create(
    'copies',
    { components: [Notes] },
    { seed: 1 },
  );
  other.spawn(value);
  await other.step();
  const rows = (await other.query([Notes])).toRows() as readonly { notes__any: unknown }[];
  expect(rows[0]!.notes__any).toEqual({ list: [1] });
  expect(inner).toMatchObject({ list: [{ list: [1] }], struct: { any: { list: [1] } } });
});

test('a query of nothing says so', async () => {
  await expect(world.query(null)).rejects.toMatchObject({
    code: 'invalid_argument',
    message: 'query takes a list of components and was given null; for example [Position].',
  });
});

test.each([
  ['run(null)', () => world.run(null), /run was given null/],
  ['fork(null)', () => world.fork(null), /fork was given null/],
  ['mapAsync(null)', () => df.mapAsync(null), /mapAsync was given null/],
])('%s says what it takes', async (_name, call, message) => {
  await expect(call()).rejects.toThrow(message);
});
