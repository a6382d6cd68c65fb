import { isNumber, types, type ColumnType } from '../../schema/column-type.ts';
import {
  common,
  is64,
  isFloat,
  order,
  promote,
  type ExpressionFunction,
  type Functions,
  type Order,
} from './function.ts';

/** Two numbers that meet in one type. */
const binary = (
  operator: string,
  apply: (a: never, b: never) => unknown,
  sql: (a: string, b: string) => string = (a, b) => `(${a} ${operator} ${b})`,
): ExpressionFunction => ({
  result: ([a, b]) => promote(a!, b!),
  needs: 'two numbers',
  js: ([a, b]) => `${a}${operator}${b}`,
  apply,
  overflows: true,
  sql: ([a, b]) => sql(a!, b!),
});

const float = (name: keyof Math, sql: string, count = 1): ExpressionFunction => ({
  result: (args) => (args.every(isNumber) ? types.f64 : undefined),
  needs: count === 1 ? 'a number' : 'two numbers',
  js: (args) => `Math.${String(name)}(${args.join(',')})`,
  apply: Math[name] as (...x: number[]) => number,
  sql: (args) => `${sql}(${args.map((arg) => `cast(${arg} as double)`).join(', ')})`,
});

/** A function of one number that keeps its type. */
const keep = (
  js: (a: string, type: ColumnType) => string,
  apply: (a: never) => unknown,
  sql: string,
): ExpressionFunction => ({
  result: ([a]) => (isNumber(a!) || is64(a!) ? { ...a!, nullable: false } : undefined),
  needs: 'a number',
  js: ([a], [type]) => js(a!, type!),
  apply,
  overflows: true,
  sql: ([a]) => `${sql}(${a})`,
});

const comparison = (
  plain: string,
  total: (a: string, b: string) => string,
  apply: (a: Order, b: Order) => boolean,
): ExpressionFunction => ({
  result: ([a, b]) => (common([a!, b!]) === undefined ? undefined : comparable(a!, b!)),
  needs: 'two cells of one type that has an order',
  js: ([a, b], argTypes) => `(${argTypes.some(isFloat) ? total(a!, b!) : `${a}${plain}${b}`}?1:0)`,
  apply: (a: Order, b: Order) => (apply(a, b) ? 1 : 0),
  sql: ([a, b]) => `(${a} ${{ '===': '=', '!==': '<>' }[plain] ?? plain} ${b})`,
});
const comparable = (a: ColumnType, b: ColumnType): ColumnType | undefined =>
  [a, b].some((t) => ['list', 'struct', 'json', 'vector'].includes(t.kind))
    ? undefined
    : types.bool;

const ltJs = (a: string, b: string): string => `(${a}<${b}||(${a}===${a}&&${b}!==${b}))`;
const leJs = (a: string, b: string): string => `(${a}<=${b}||${b}!==${b})`;
const eqJs = (a: string, b: string): string => `(${a}===${b}||(${a}!==${a}&&${b}!==${b}))`;

const halfAwayFromZero = (a: number): number => Math.sign(a) * Math.round(Math.abs(a));
const wrapInto = (a: number, n: number): number => {
  const m = a % n;
  return m < 0 ? m + n : m;
};

export const numberFunctions: Functions = {
  add: binary('+', (a: number, b: number) => a + b),
  sub: binary('-', (a: number, b: number) => a - b),
  mul: binary('*', (a: number, b: number) => a * b),
  div: {
    result: ([a, b]) => (isNumber(a!) && isNumber(b!) ? types.f64 : undefined),
    needs: 'two numbers that are not 64-bit integers; cast those first',
    js: ([a, b]) => `${a}/${b}`,
    apply: (a: number, b: number) => a / b,
    sql: ([a, b]) => `(cast(${a} as double) / ${b})`,
  },
  // The sign of the dividend, as in SQL; `wrap` is for coordinates on a torus.
  mod: {
    ...binary('%', (a: number, b: number) => a % b),
    js: ([a, b], [type]) => (is64(type!) ? `(${b}===0n?use.NOT_LONG:${a}%${b})` : `${a}%${b}`),
    apply: (a: number | bigint, b: number | bigint) => remainder(a, b),
  },
  wrap: {
    result: ([a, n]) => (isNumber(a!) && isNumber(n!) ? promote(a!, n!) : undefined),
    needs: 'two numbers',
    js: ([a, n]) => `(${a}%${n}<0?${a}%${n}+${n}:${a}%${n})`,
    apply: wrapInto,
    overflows: true,
    sql: ([a, n]) => `(case when ${a} % ${n} < 0 then ${a} % ${n} + ${n} else ${a} % ${n} end)`,
  },
  neg: keep(
    (a) => `-${a}`,
    (a: number) => -a,
    '-',
  ),
  abs: keep(
    (a, type) => (is64(type) ? `(${a}<0?-${a}:${a})` : `Math.abs(${a})`),
    (a: number | bigint) => (typeof a === 'bigint' ? (a < 0 ? -a : a) : Math.abs(a)),
    'abs',
  ),
  floor: keep(
    (a, type) => (isFloat(type) ? `Math.floor(${a})` : a),
    (a: number) => (typeof a === 'number' ? Math.floor(a) : a),
    'floor',
  ),
  ceil: keep(
    (a, type) => (isFloat(type) ? `Math.ceil(${a})` : a),
    (a: number) => (typeof a === 'number' ? Math.ceil(a) : a),
    'ceil',
  ),
  // Half away from zero, as in SQL.
  round: keep(
    (a, type) => (isFloat(type) ? `Math.sign(${a})*Math.round(Math.abs(${a}))` : a),
    (a: number) => (typeof a === 'number' ? halfAwayFromZero(a) : a),
    'round',
  ),
  sqrt: float('sqrt', 'sqrt'),
  exp: float('exp', 'exp'),
  log: float('log', 'ln'),
  sin: float('sin', 'sin'),
  cos: float('cos', 'cos'),
  tan: float('tan', 'tan'),
  pow: float('pow', 'pow', 2),
  atan2: float('atan2', 'atan2', 2),
  eq: comparison('===', eqJs, order.eq),
  ne: comparison(
    '!==',
    (a, b) => `!${eqJs(a, b)}`,
    (a, b) => !order.eq(a, b),
  ),
  lt: comparison('<', ltJs, order.lt),
  le: comparison('<=', leJs, order.le),
  gt: comparison(
    '>',
    (a, b) => ltJs(b, a),
    (a, b) => order.lt(b, a),
  ),
  ge: comparison(
    '>=',
    (a, b) => leJs(b, a),
    (a, b) => order.le(b, a),
  ),
  not: {
    result: ([a]) => (a!.kind === 'bool' ? types.bool : undefined),
    needs: 'a condition',
    js: ([a]) => `1-${a}`,
    apply: (a: number) => 1 - a,
    sql: ([a]) => `(not ${a})`,
  },
};

/** No 64-bit column can hold it. */
export const NOT_LONG = 2n ** 64n;

function remainder(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'bigint') return b === 0n ? NOT_LONG : a % (b as bigint);
  return a % (b as number);
}
