import { isNumber, isText, sameType, types, type ColumnType } from '../schema/column-type.ts';

/**
 * One function of the expression language. `js` is its source for generated code, `apply` the same for the path without
 * code generation; both get physical cells: numbers, 0 or 1 for booleans, milliseconds for timestamps, positions for
 * enums. Integers are checked where they land in a column.
 */
export interface ExpressionFunction {
  /** The result's type, or undefined when the arguments' types do not fit. Nullability is not its business. */
  result(args: readonly ColumnType[]): ColumnType | undefined;
  /** What the arguments must be, for the error message. */
  readonly needs: string;
  /** Source text; `args` are variable names. Rounding to 32-bit floats is added by the caller. */
  js(args: readonly string[], types: readonly ColumnType[]): string;
  apply(cells: readonly never[], types: readonly ColumnType[]): unknown;
}

type Cell = number | bigint | string;

const is64 = (type: ColumnType): boolean => type.kind === 'i64';
const isFloat = (type: ColumnType): boolean => type.kind === 'f64' || type.kind === 'f32';

/** The type that two numbers meet in: their own when equal, 64-bit float otherwise. */
export function promote(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (is64(a) && is64(b)) return types.i64;
  if (!isNumber(a) || !isNumber(b)) return undefined;
  return a.kind === b.kind ? types[a.kind as 'f64'] : types.f64;
}

const all = (args: readonly ColumnType[], test: (type: ColumnType) => boolean): boolean =>
  args.every(test);
const common = (args: readonly ColumnType[]): ColumnType | undefined =>
  args.reduce<ColumnType | undefined>(
    (a, b) => (a === undefined ? undefined : sameKind(a, b) ? a : promote(a, b)),
    args[0],
  );
const sameKind = (a: ColumnType, b: ColumnType): boolean =>
  sameType({ ...a, nullable: false }, { ...b, nullable: false }) || (isText(a) && isText(b));

const binary = (
  js: (a: string, b: string, types: readonly ColumnType[]) => string,
  apply: (a: never, b: never) => unknown,
): ExpressionFunction => ({
  result: ([a, b]) => promote(a!, b!),
  needs: 'two numbers',
  js: ([a, b], argTypes) => js(a!, b!, argTypes),
  apply: ([a, b]) => apply(a!, b!),
});

const float = (name: keyof Math, count = 1): ExpressionFunction => ({
  result: (args) => (all(args, isNumber) ? types.f64 : undefined),
  needs: count === 1 ? 'a number' : 'two numbers',
  js: (args) => `Math.${String(name)}(${args.join(',')})`,
  apply: (cells) => (Math[name] as (...x: number[]) => number)(...cells),
});

/** A function of one number that keeps its type. */
const keep = (
  js: (a: string, type: ColumnType) => string,
  apply: (a: never) => unknown,
): ExpressionFunction => ({
  result: ([a]) => (isNumber(a!) || is64(a!) ? { ...a!, nullable: false } : undefined),
  needs: 'a number',
  js: ([a], [type]) => js(a!, type!),
  apply: ([a]) => apply(a!),
});

/** Total order of SQL: NaN equals NaN and is greater than every other number. */
const order = {
  eq: (a: Cell, b: Cell) => a === b || (a !== a && b !== b),
  lt: (a: Cell, b: Cell) => a < b || (a === a && b !== b),
  le: (a: Cell, b: Cell) => a <= b || b !== b,
};
const comparison = (
  plain: string,
  total: (a: string, b: string) => string,
  apply: (a: Cell, b: Cell) => boolean,
): ExpressionFunction => ({
  result: ([a, b]) => (common([a!, b!]) === undefined ? undefined : comparable(a!, b!)),
  needs: 'two cells of one type that has an order',
  js: ([a, b], argTypes) =>
    `(${all(argTypes, (t) => !isFloat(t)) ? `${a}${plain}${b}` : total(a!, b!)}?1:0)`,
  apply: ([a, b]) => (apply(a!, b!) ? 1 : 0),
});
const comparable = (a: ColumnType, b: ColumnType): ColumnType | undefined =>
  [a, b].some((t) => ['list', 'struct', 'json', 'vector'].includes(t.kind))
    ? undefined
    : types.bool;

const pick = (
  wins: (a: string, b: string) => string,
  apply: (a: Cell, b: Cell) => boolean,
): ExpressionFunction => ({
  result: (args) => (all(args, isNumber) || all(args, is64) ? common(args) : undefined),
  needs: 'numbers',
  js: (args) => args.reduce((a, b) => `(${wins(b, a)}?${b}:${a})`),
  apply: (cells) => (cells as readonly Cell[]).reduce((a, b) => (apply(b, a) ? b : a)),
});

const ltJs = (a: string, b: string): string => `(${a}<${b}||(${a}===${a}&&${b}!==${b}))`;
const leJs = (a: string, b: string): string => `(${a}<=${b}||${b}!==${b})`;
const eqJs = (a: string, b: string): string => `(${a}===${b}||(${a}!==${a}&&${b}!==${b}))`;

const halfAwayFromZero = (a: number): number => Math.sign(a) * Math.round(Math.abs(a));
const wrapInto = (a: number, n: number): number => {
  const m = a % n;
  return m < 0 ? m + n : m;
};

/** Functions whose result is null when an argument is null. The others are in `plan.ts`: they decide over nulls. */
export const functions: { readonly [name: string]: ExpressionFunction } = {
  add: binary(
    (a, b) => `${a}+${b}`,
    (a: number, b: number) => a + b,
  ),
  sub: binary(
    (a, b) => `${a}-${b}`,
    (a: number, b: number) => a - b,
  ),
  mul: binary(
    (a, b) => `${a}*${b}`,
    (a: number, b: number) => a * b,
  ),
  div: {
    result: ([a, b]) => (isNumber(a!) && isNumber(b!) ? types.f64 : undefined),
    needs: 'two numbers that are not 64-bit integers; cast those first',
    js: ([a, b]) => `${a}/${b}`,
    apply: ([a, b]: readonly number[]) => a! / b!,
  },
  // The sign of the dividend, as in SQL; `wrap` is for coordinates on a torus.
  mod: binary(
    (a, b) => `${a}%${b}`,
    (a: number, b: number) => a % b,
  ),
  wrap: {
    result: ([a, n]) => (isNumber(a!) && isNumber(n!) ? promote(a!, n!) : undefined),
    needs: 'two numbers',
    js: ([a, n]) => `(${a}%${n}<0?${a}%${n}+${n}:${a}%${n})`,
    apply: ([a, n]: readonly number[]) => wrapInto(a!, n!),
  },
  neg: keep(
    (a) => `-${a}`,
    (a: number) => -a,
  ),
  abs: keep(
    (a, type) => (is64(type) ? `(${a}<0?-${a}:${a})` : `Math.abs(${a})`),
    (a: number | bigint) => (typeof a === 'bigint' ? (a < 0 ? -a : a) : Math.abs(a)),
  ),
  floor: keep(
    (a, type) => (isFloat(type) ? `Math.floor(${a})` : a),
    (a: number) => (typeof a === 'number' ? Math.floor(a) : a),
  ),
  ceil: keep(
    (a, type) => (isFloat(type) ? `Math.ceil(${a})` : a),
    (a: number) => (typeof a === 'number' ? Math.ceil(a) : a),
  ),
  // Half away from zero, as in SQL.
  round: keep(
    (a, type) => (isFloat(type) ? `Math.sign(${a})*Math.round(Math.abs(${a}))` : a),
    (a: number) => (typeof a === 'number' ? halfAwayFromZero(a) : a),
  ),
  sqrt: float('sqrt'),
  exp: float('exp'),
  log: float('log'),
  sin: float('sin'),
  cos: float('cos'),
  tan: float('tan'),
  pow: float('pow', 2),
  atan2: float('atan2', 2),
  least: pick(ltJs, order.lt),
  greatest: pick(
    (a, b) => ltJs(b, a),
    (a, b) => order.lt(b, a),
  ),
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
    apply: ([a]: readonly number[]) => 1 - a!,
  },
};
