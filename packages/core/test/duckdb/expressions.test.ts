import type { ArchetypeError } from '@archetype/core';
import {
  bool,
  col,
  f64,
  fromRows,
  greatest,
  i32,
  least,
  lit,
  timestamp,
  toSql,
  utf8,
  when,
  type Expr,
} from '@archetype/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Duck, programs, sameCells, seed } from './duckdb.ts';

const fields = {
  x: f64(),
  m: f64().nullable(),
  n: i32(),
  k: i32().nullable(),
  b: bool(),
  u: bool().nullable(),
  t: utf8(),
  s: utf8().nullable(),
  d: timestamp(),
};

/** An expression as data, so that a failing one prints in a line: a column, a literal, or a function of others. */
type Program =
  | readonly ['col', string]
  | readonly ['lit', unknown]
  | readonly [string, ...Program[]];

const double = fc.oneof(
  fc.constantFrom(0, -0, 1, -1.5, 2.5, Number.NaN, Infinity, -Infinity, 1e300),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
);
const small = fc.integer({ min: -20, max: 20 });
const word = fc.string({
  unit: fc.constantFrom('a', 'b', ',', ' ', 'é', '🙂', '7', 'É'),
  maxLength: 6,
});
const row = fc.record({
  x: double,
  m: fc.option(double),
  n: small,
  k: fc.option(small),
  b: fc.boolean(),
  u: fc.option(fc.boolean()),
  t: fc.oneof(word, fc.constantFrom('12', ' -3.5 ', '1e2', 'true', 'nan')),
  s: fc.option(word),
  d: fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
});

const columns = (...names: string[]) =>
  fc.constantFrom(...names).map((name): Program => ['col', name]);
const literals = (values: fc.Arbitrary<unknown>) => values.map((value): Program => ['lit', value]);

interface Kinds {
  num: Program;
  int: Program;
  bool: Program;
  text: Program;
}
const kinds = fc.letrec<Kinds>((loose) => {
  const tie = loose as (kind: keyof Kinds) => fc.Arbitrary<Program>;
  const call = (names: readonly string[], ...args: fc.Arbitrary<Program>[]) =>
    fc.tuple(fc.constantFrom(...names), ...args).map((parts) => parts as unknown as Program);
  const depth = { maxDepth: 4, withCrossShrink: true, depthIdentifier: 'program' };
  const choose = (kind: fc.Arbitrary<Program>) => call(['when'], tie('bool'), kind, kind);
  const ofKind = (kind: fc.Arbitrary<Program>) =>
    fc.oneof(choose(kind), call(['fillNull'], kind, kind));
  return {
    num: fc.oneof(
      depth,
      columns('x', 'm'),
      call(['add', 'sub', 'mul', 'div', 'mod'], tie('num'), tie('num')),
      call(['add', 'mul', 'div'], tie('num'), literals(double)),
      call(['wrap'], tie('num'), literals(fc.constantFrom(1, 2.5, 10))),
      call(['neg', 'abs', 'floor', 'ceil', 'round'], tie('num')),
      call(['least', 'greatest'], tie('num'), tie('num'), tie('num')),
      call(['div'], tie('int'), tie('int')),
      call(['cast:f64'], tie('int')),
      call(['tryCast:f64'], tie('text')),
      call(['msSince'], columns('d'), columns('d')),
      ofKind(tie('num')),
    ),
    int: fc.oneof(
      depth,
      columns('n', 'k'),
      call(['add', 'sub', 'mul'], tie('int'), tie('int')),
      call(['add', 'mul'], tie('int'), literals(small)),
      call(['mod', 'wrap'], tie('int'), literals(fc.constantFrom(1, 3, 7))),
      call(['neg', 'abs', 'round'], tie('int')),
      call(['least', 'greatest'], tie('int'), tie('int')),
      call(['tryCast:i32'], tie('num')),
      call(['tryCast:i32'], tie('text')),
      call(['length'], tie('text')),
      call(['length'], call(['split'], tie('text'), literals(fc.constantFrom(',', '', 'ab')))),
      call(['year', 'month', 'day', 'hour', 'minute', 'second', 'weekday'], columns('d')),
      ofKind(tie('int')),
    ),
    bool: fc.oneof(
      depth,
      columns('b', 'u'),
      call(['and', 'or'], tie('bool'), tie('bool')),
      call(['not'], tie('bool')),
      call(['eq', 'ne', 'lt', 'le', 'gt', 'ge'], tie('num'), tie('num')),
      call(['eq', 'lt', 'ge'], tie('int'), tie('int')),
      call(['eq', 'ne', 'lt', 'ge'], tie('text'), tie('text')),
      call(['contains', 'startsWith', 'endsWith'], tie('text'), tie('text')),
      call(['isNull'], fc.oneof(tie('num'), tie('text'), tie('int'), tie('bool'))),
      fc
        .tuple(tie('int'), fc.array(small, { maxLength: 3 }))
        .map(([a, list]): Program => ['isIn', a, ['lit', list]]),
      ofKind(tie('bool')),
    ),
    text: fc.oneof(
      depth,
      columns('t', 's'),
      call(['lower', 'upper', 'trim'], tie('text')),
      call(['concat'], tie('text'), tie('text')),
      call(['concat'], tie('text'), literals(word)),
      call(['replace'], tie('text'), literals(word), literals(word)),
      call(
        ['slice'],
        tie('text'),
        literals(fc.integer({ min: -4, max: 4 })),
        literals(fc.integer({ min: -4, max: 4 })),
      ),
      call(
        ['get'],
        call(['split'], tie('text'), literals(fc.constantFrom(',', '', 'a'))),
        literals(fc.integer({ min: -2, max: 2 })),
      ),
      call(['cast:utf8'], tie('bool')),
      ofKind(tie('text')),
    ),
  };
});

type AnyExpr = any;
const build = ([head, ...args]: Program): AnyExpr => {
  switch (head) {
    case 'col':
      return col(args[0] as string);
    case 'lit':
      return lit(args[0] as never);
    case 'when': {
      const [condition, then, otherwise] = args as Program[];
      return when(build(condition!)).then(build(then!)).otherwise(build(otherwise!));
    }
    case 'least':
      return least(...(args as Program[]).map(build));
    case 'greatest':
      return greatest(...(args as Program[]).map(build));
    default: {
      const [name, to] = head.split(':') as [string, string?];
      const [self, ...rest] = args as Program[];
      // Literals are given as they are, as a user would.
      const given = rest.map((arg) => (arg[0] === 'lit' ? arg[1] : build(arg)));
      return build(self!)[name](...(to === undefined ? given : [to]));
    }
  }
};

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open();
});
afterAll(() => duck.close());

test('random expressions over random rows give what DuckDB gives', async () => {
  console.log(`seed ${seed}; ARCHETYPE_TEST_SEED sets another, ARCHETYPE_TEST_PROGRAMS tries more`);
  let compared = 0;
  const total = programs(3000);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(kinds.num, kinds.int, kinds.bool, kinds.text),
      fc.array(row, { minLength: 1, maxLength: 4 }),
      async (program, rows) => {
        const df = fromRows(fields, rows);
        const expression = build(program) as Expr<any>;
        let ours: unknown[];
        try {
          ours = df
            .withColumns(() => ({ out: expression }))
            .toRows()
            .map((r) => (r as { out: unknown }).out);
        } catch (error) {
          // Whole numbers out of range: DuckDB may not look at what logic has settled already.
          if ((error as ArchetypeError).code === 'value_out_of_range') return;
          throw error;
        }
        const sql = toSql(expression);
        const theirs = (await duck.rows({ df }, `select ${sql} from df order by row`)).map(
          ([cell]) => cell,
        );
        compared++;
        expect(
          ours.length === theirs.length && ours.every((cell, k) => sameCells(cell, theirs[k])),
          `ours ${print(ours)}, DuckDB's ${print(theirs)}: ${sql}`,
        ).toBe(true);
      },
    ),
    { numRuns: total, seed },
  );
  console.log(`${compared} of ${total} programs compared`);
  expect(compared).toBeGreaterThan(0.9 * total);
}, 300_000);

const print = (cells: readonly unknown[]): string =>
  `[${cells.map((cell) => (typeof cell === 'string' ? JSON.stringify(cell) : String(cell))).join(', ')}]`;
