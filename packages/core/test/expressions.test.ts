import {
  ArchetypeError,
  col,
  defineComponent,
  f32,
  f64,
  Frame,
  fromValues,
  greatest,
  i32,
  i64,
  least,
  lit,
  random,
  types,
  when,
  type AnyFrame,
  type ColumnsOf,
  type ColumnType,
  type DataFrame,
} from '@archetype/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const nullable = (type: ColumnType): ColumnType => ({ ...type, nullable: true });
const mood: ColumnType = { kind: 'enum', nullable: false, values: ['calm', 'angry'] };

/** A frame from columns of cells. */
function frameOf(
  columns: Readonly<Record<string, readonly [ColumnType, readonly unknown[]]>>,
): AnyFrame {
  const entries = Object.entries(columns);
  const schema = entries.map(([name, [type]]) => ({ name, type }));
  const filled = entries.map(([, [type, cells]]) => fromValues(type, cells));
  return new Frame(schema, filled, filled[0]!.length) as unknown as AnyFrame;
}

const df = frameOf({
  entity_id: [types.i32, [1, 2, 3, 4]],
  a: [types.f64, [1.5, -2, Number.NaN, 0]],
  b: [types.f64, [2, 0, 1, Number.NaN]],
  n: [types.i32, [7, -7, 3, 0]],
  f: [types.f32, [0.1, 0.2, 0.3, 16_777_216]],
  big: [types.i64, [1n, -5n, 2n ** 62n, 0n]],
  maybe: [nullable(types.f64), [1, null, 3, null]],
  yes: [types.bool, [true, false, true, false]],
  unsure: [nullable(types.bool), [true, false, null, null]],
  text: [types.utf8, ['x', 'y', '', 'é']],
  mood: [mood, ['calm', 'angry', 'calm', 'angry']],
  when: [types.timestamp, [new Date(0), new Date(1), new Date(2), new Date(3)]],
});

const compute = (build: (c: never) => unknown): unknown[] =>
  (df as DataFrame)
    .withColumns((c) => ({ out: build(c as never) as never }))
    .toRows()
    .map((row) => (row as { out: unknown }).out);
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof ArchetypeError ? error.code : String(error);
  }
  return 'none';
};

type C = { readonly [name: string]: any };

describe('functions', () => {
  test.each<[string, (c: C) => unknown, unknown[]]>([
    ['add', (c) => c.a.add(c.b), [3.5, -2, Number.NaN, Number.NaN]],
    ['literals take the column type', (c) => c.n.add(1), [8, -6, 4, 1]],
    [
      'div is floating point, and infinite by zero',
      (c) => c.n.div(0),
      [Infinity, -Infinity, Infinity, Number.NaN],
    ],
    ['mod has the sign of the dividend', (c) => c.n.mod(4), [3, -3, 3, 0]],
    ['wrap stays inside a torus', (c) => c.n.wrap(4), [3, 1, 3, 0]],
    [
      'round goes half away from zero',
      (c) => lit(2.5).mul(c.n.gt(0).cast('f64').mul(2).sub(1)).round(),
      [3, -3, 3, -3],
    ],
    ['floor and ceil', (c) => c.a.floor().add(c.a.ceil()), [3, -4, Number.NaN, 0]],
    ['abs and neg', (c) => c.n.abs().add(c.n.neg()), [0, 14, 0, 0]],
    ['clamp', (c) => c.n.clamp(-1, 5), [5, -1, 3, 0]],
    ['least takes NaN as the greatest', (c) => least(c.a, c.b), [1.5, -2, 1, 0]],
    ['greatest', (c) => greatest(c.a, c.b), [2, 0, Number.NaN, Number.NaN]],
    ['NaN equals NaN', (c) => c.a.eq(Number.NaN), [false, false, true, false]],
    ['NaN is greater than every number', (c) => c.b.gt(1), [true, false, false, true]],
    [
      'lt, le, ge, ne',
      (c) => c.n.lt(3).or(c.n.le(3)).and(c.n.ge(0)).or(c.n.ne(c.n)),
      [false, false, true, true],
    ],
    ['between', (c) => c.n.between(0, 3), [false, false, true, true]],
    [
      '32-bit floats round at every step',
      (c) => c.f.add(c.f),
      [0.1, 0.2, 0.3, 16_777_216].map((x) => Math.fround(Math.fround(x) + Math.fround(x))),
    ],
    ['64-bit integers are exact', (c) => c.big.add(1n), [2n, -4n, 2n ** 62n + 1n, 1n]],
    ['and over nulls', (c) => c.unsure.and(c.yes), [true, false, null, false]],
    ['or over nulls', (c) => c.unsure.or(c.yes), [true, false, true, null]],
    ['not', (c) => c.unsure.not(), [false, true, null, null]],
    ['arithmetic with null is null', (c) => c.maybe.add(1), [2, null, 4, null]],
    ['fillNull', (c) => c.maybe.fillNull(9), [1, 9, 3, 9]],
    ['coalesce', (c) => c.maybe.coalesce(c.a), [1, -2, 3, 0]],
    ['isNull', (c) => c.maybe.isNull(), [false, true, false, true]],
    [
      'when: the first condition that holds',
      (c) => when(c.n.gt(5)).then('high').when(c.n.lt(0)).then('low').otherwise('mid'),
      ['high', 'low', 'mid', 'mid'],
    ],
    [
      'when: a null condition does not hold',
      (c) => when(c.unsure).then(1).otherwise(c.maybe),
      [1, null, 3, null],
    ],
    [
      'when: integer division by zero in a branch not taken',
      (c) => when(c.n.ne(0)).then(lit(1).cast('i32').mod(c.n)).otherwise(0),
      [1, 1, 1, 0],
    ],
    ['text comparison', (c) => c.text.eq('y').or(c.text.gt('z')), [false, true, false, true]],
    ['enum beside its literal', (c) => c.mood.eq('angry'), [false, true, false, true]],
    [
      'enum beside text',
      (c) => c.mood.eq(when(c.yes).then('calm').otherwise('x')),
      [true, false, true, false],
    ],
    ['isIn', (c) => c.mood.isIn(['angry']).or(c.n.isIn([7])), [true, true, false, true]],
    ['timestamps', (c) => c.when.gt(new Date(1)), [false, false, true, true]],
    ['cast to text', (c) => c.mood.cast('utf8'), ['calm', 'angry', 'calm', 'angry']],
    ['cast rounds', (c) => c.b.fillNull(0).clamp(0, 2.5).cast('f32'), [2, 0, 1, 2.5]],
    ['sqrt, exp, log, pow', (c) => c.n.abs().sqrt().pow(2).exp().log().round(), [7, 7, 3, 0]],
    [
      'angles',
      (c) => c.n.sin().atan2(c.n.cos()).sub(c.n).sin().abs().lt(1e-9),
      [true, true, true, true],
    ],
    ['columns by name', () => col('n').add(col('n')), [14, -14, 6, 0]],
  ])('%s', (_name, build, expected) => {
    expect(compute(build as never)).toEqual(expected);
  });
});

describe('errors', () => {
  test.each<[string, (c: C) => unknown, string, RegExp]>([
    ['an unknown column', () => col('moood'), 'unknown_column', /did you mean "mood"/],
    [
      'arithmetic on text',
      (c) => c.text.add(1),
      'type_mismatch',
      /add needs two numbers; it was given utf8 and f64/,
    ],
    [
      'a literal that does not fit',
      (c) => c.n.add(0.5),
      'lossy_literal',
      /0\.5 stands beside a column of type i32/,
    ],
    ['a word that is no member', (c) => c.mood.eq('clam'), 'type_mismatch', /did you mean "calm"/],
    ['random outside a processor', () => random().add(1), 'no_random_source', /inside a processor/],
    [
      'integers that overflow',
      (c) => c.n.mul(2 ** 30),
      'value_out_of_range',
      /whole number from -2147483648/,
    ],
    ['64-bit integers that overflow', (c) => c.big.mul(4n), 'value_out_of_range', /64 bits/],
    ['NaN in an integer column', (c) => c.a.cast('i32'), 'value_out_of_range', /NaN in row 2/],
    [
      'too deep',
      (c) => Array.from({ length: 1200 }).reduce<C>((e) => e.add(1), c.n as C),
      'expression_too_deep',
      /1000/,
    ],
  ])('%s', (_name, build, code, message) => {
    expect(codeOf(() => compute(build as never))).toBe(code);
    expect(() => compute(build as never)).toThrow(message);
  });

  test('an existing column keeps its type', () => {
    const set = (name: string, build: (c: C) => unknown) => () =>
      (df as DataFrame).withColumns((c) => ({ [name]: build(c) }) as never).column(name);
    expect(codeOf(set('n', (c) => c.a))).toBe('type_mismatch');
    expect(codeOf(set('a', (c) => c.maybe))).toBe('type_mismatch');
    expect(codeOf(set('a', (c) => c.n))).toBe('none');
    expect(codeOf(set('mood', () => 'angry'))).toBe('none');
    expect(codeOf(set('mood', (c) => when(c.yes).then('angry').otherwise('calm')))).toBe('none');
    expect(codeOf(set('mood', (c) => c.text))).toBe('value_out_of_range');
  });
});

/** A random expression, and what it is for one row, in plain JavaScript. */
type Oracle = { readonly build: (c: C) => C; readonly at: (row: Row) => number | null };
interface Row {
  readonly x: number;
  readonly y: number;
  readonly m: number | null;
}
const total = (a: number, b: number): number =>
  Object.is(a, b) || a === b ? 0 : Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b;
const strict = (f: (a: number, b: number) => number) => (a: number | null, b: number | null) =>
  a === null || b === null ? null : f(a, b);

const { tree } = fc.letrec<{ tree: Oracle; leaf: Oracle }>((tie) => ({
  leaf: fc.oneof(
    fc.constant<Oracle>({ build: (c) => c.x, at: (r) => r.x }),
    fc.constant<Oracle>({ build: (c) => c.y, at: (r) => r.y }),
    fc.constant<Oracle>({ build: (c) => c.m, at: (r) => r.m }),
  ),
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(fc.constantFrom('add', 'sub', 'mul', 'div'), tie('tree'), tie('tree'))
      .map(([op, a, b]): Oracle => {
        const apply = strict(
          {
            add: (p: number, q: number) => p + q,
            sub: (p: number, q: number) => p - q,
            mul: (p: number, q: number) => p * q,
            div: (p: number, q: number) => p / q,
          }[op],
        );
        return { build: (c) => a.build(c)[op](b.build(c)), at: (r) => apply(a.at(r), b.at(r)) };
      }),
    fc.tuple(tie('tree'), fc.double({ noNaN: true })).map(([a, k]): Oracle => ({
      build: (c) => a.build(c).add(k),
      at: (r) => strict((p, q) => p + q)(a.at(r), k),
    })),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]): Oracle => ({
      build: (c) => least(a.build(c) as never, b.build(c) as never),
      at: (r) => {
        const [p, q] = [a.at(r), b.at(r)];
        return p === null || (q !== null && total(q, p) < 0) ? q : p;
      },
    })),
    fc
      .tuple(fc.constantFrom('lt', 'ge', 'eq'), tie('tree'), tie('tree'), tie('tree'), tie('tree'))
      .map(([op, a, b, p, q]): Oracle => ({
        build: (c) =>
          when(a.build(c)[op](b.build(c)))
            .then(p.build(c) as never)
            .otherwise(q.build(c) as never),
        at: (r) => {
          const [x, y] = [a.at(r), b.at(r)];
          const holds =
            x !== null &&
            y !== null &&
            { lt: total(x, y) < 0, ge: total(x, y) >= 0, eq: total(x, y) === 0 }[op];
          return holds ? p.at(r) : q.at(r);
        },
      })),
  ),
}));

test('random expressions equal a row-by-row interpreter', () => {
  const rows = fc.array(fc.record({ x: fc.double(), y: fc.double(), m: fc.option(fc.double()) }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(tree, rows, (oracle, given) => {
      const frame = frameOf({
        x: [types.f64, given.map((r) => r.x)],
        y: [types.f64, given.map((r) => r.y)],
        m: [nullable(types.f64), given.map((r) => r.m)],
      }) as DataFrame;
      const got = frame.withColumns((c) => ({ out: oracle.build(c as C) }) as never).toRows();
      expect(got.map((row) => (row as { out: unknown }).out)).toEqual(given.map(oracle.at));
    }),
    { numRuns: 400, seed: 20_261_123 },
  );
});

test('component fields of every kind are columns of their type', () => {
  const All = defineComponent('All', {
    a: f64(0),
    b: f32(0),
    c: i32(0),
    d: i64(0n),
    e: z.string().nullable().default(null),
    f: z.array(z.number()).default([]),
    g: z.object({ h: z.boolean() }).default({ h: true }),
    i: z.record(z.string(), z.unknown()).optional(),
    j: z.int().default(1),
  });
  const printed = All.columns.map(
    ({ name, type }) => `${name} ${type.kind}${type.nullable ? '?' : ''}`,
  );
  expect(printed).toEqual([
    'all__a f64',
    'all__b f32',
    'all__c i32',
    'all__d i64',
    'all__e utf8?',
    'all__f list',
    'all__g struct',
    'all__i json?',
    'all__j i32',
  ]);
  type Names = keyof ColumnsOf<[typeof All]>;
  const name: Names = 'all__g';
  expect(name).toBe('all__g');
});
