import { isText, required, sameType, type ColumnType, type Kind } from '../schema/column-type.ts';
import { NOT_LONG } from './functions/number.ts';

/**
 * How a physical cell of one type becomes one of another. What the other type cannot hold becomes something outside of
 * its range, which `rangeOf` tells: NaN for whole numbers, `undefined` for text that is no number.
 */
export interface Conversion {
  /** Source text where it is worth to be written into the loop; else the loop calls `apply`. */
  js?(cell: string): string;
  apply(cell: never): unknown;
  /** Some cells have no counterpart, so results must be checked. */
  readonly lossy?: true;
}

const same: Conversion = { js: (cell) => cell, apply: (cell) => cell };

/** Half to even, as SQL's cast does; `round` is half away from zero. */
export function roundHalfEven(x: number): number {
  const up = Math.round(x);
  // Adding 0 makes -0 the one zero that whole numbers have.
  return (up - x === 0.5 && up % 2 !== 0 ? up - 1 : up) + 0;
}
const toLong = (x: number): bigint => (Number.isFinite(x) ? BigInt(roundHalfEven(x)) : NOT_LONG);

/** A number as SQL reads it from text, or undefined. */
function readNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  const named = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (named === null) return undefined;
  const size = named[2]!.toLowerCase() === 'nan' ? Number.NaN : Infinity;
  return named[1] === '-' ? -size : size;
}
const readWhole = (text: string): number | undefined => {
  const number = readNumber(text);
  return number === undefined ? undefined : roundHalfEven(number);
};
function readLong(text: string): bigint {
  const trimmed = text.trim();
  if (/^[+-]?\d+$/.test(trimmed)) return BigInt(trimmed.replace('+', ''));
  return toLong(readNumber(trimmed) ?? Number.NaN);
}
const readBoolean = (text: string): number | undefined =>
  ({ true: 1, t: 1, yes: 1, y: 1, 1: 1, false: 0, f: 0, no: 0, n: 0, 0: 0 })[
    text.trim().toLowerCase()
  ];

const ISO = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;
/** ISO 8601; without an offset it is UTC. */
function readTime(text: string): number {
  const trimmed = text.trim();
  const found = ISO.exec(trimmed);
  if (found === null) return Number.NaN;
  const withZone = found[1] === undefined || found[4] !== undefined ? trimmed : `${trimmed}Z`;
  return Date.parse(withZone.replace(' ', 'T'));
}

type Targets = { readonly [K in Kind]?: Conversion };

const whole: Conversion = {
  js: (cell) => `use.roundHalfEven(${cell})`,
  apply: roundHalfEven,
  lossy: true,
};
const fromNumber: Targets = {
  f64: same,
  f32: { js: (cell) => `Math.fround(${cell})`, apply: Math.fround },
  i32: whole,
  u32: whole,
  i64: { apply: toLong, lossy: true },
  bool: { js: (cell) => `(${cell}!==0?1:0)`, apply: (cell: number) => (cell === 0 ? 0 : 1) },
  utf8: { js: (cell) => `String(${cell})`, apply: String as (cell: number) => string },
};
const fromWhole: Targets = {
  ...fromNumber,
  i32: { ...same, lossy: true },
  u32: { ...same, lossy: true },
};
const fromLong: Targets = {
  f64: { js: (cell) => `Number(${cell})`, apply: Number as (cell: bigint) => number },
  f32: {
    js: (cell) => `Math.fround(Number(${cell}))`,
    apply: (cell: bigint) => Math.fround(Number(cell)),
  },
  i32: { js: (cell) => `Number(${cell})`, apply: Number as (cell: bigint) => number, lossy: true },
  u32: { js: (cell) => `Number(${cell})`, apply: Number as (cell: bigint) => number, lossy: true },
  bool: { js: (cell) => `(${cell}!==0n?1:0)`, apply: (cell: bigint) => (cell === 0n ? 0 : 1) },
  utf8: { js: (cell) => `String(${cell})`, apply: String as (cell: bigint) => string },
};
const fromBoolean: Targets = {
  f64: same,
  f32: same,
  i32: same,
  u32: same,
  i64: { js: (cell) => `BigInt(${cell})`, apply: (cell: number) => BigInt(cell) },
  utf8: {
    js: (cell) => `(${cell}?"true":"false")`,
    apply: (cell: number) => (cell === 1 ? 'true' : 'false'),
  },
};
const fromText: Targets = {
  f64: { apply: readNumber, lossy: true },
  f32: {
    apply: (text: string) => {
      const number = readNumber(text);
      return number === undefined ? undefined : Math.fround(number);
    },
    lossy: true,
  },
  i32: { apply: readWhole, lossy: true },
  u32: { apply: readWhole, lossy: true },
  i64: { apply: readLong, lossy: true },
  bool: { apply: readBoolean, lossy: true },
  timestamp: { apply: readTime, lossy: true },
};
function printTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
const fromTime: Targets = {
  utf8: { apply: printTime },
};

/** From each kind, the kinds that it can be cast to. Enums go by their members' names. */
const conversions: { readonly [K in Kind]?: Targets } = {
  f64: fromNumber,
  f32: fromNumber,
  i32: fromWhole,
  u32: fromWhole,
  i64: fromLong,
  bool: fromBoolean,
  utf8: fromText,
  timestamp: fromTime,
};

/** The conversion that `cast` and assignments use, or undefined where none is defined. */
export function conversion(from: ColumnType, to: ColumnType): Conversion | undefined {
  if (sameType(required(from), required(to))) return same;
  if (isText(from) && to.kind === 'enum') return toMember(from, to.values!);
  if (from.kind === 'enum') {
    const names = from.values!;
    if (to.kind === 'utf8') return { apply: (cell: number) => names[cell] };
    const read = fromText[to.kind];
    return read && { ...read, apply: (cell: number) => read.apply(names[cell] as never) };
  }
  return conversions[from.kind]?.[to.kind];
}

/** Text that is no member is -1. */
function toMember(from: ColumnType, members: readonly string[]): Conversion {
  const places = new Map(members.map((member, k) => [member, k]));
  if (from.kind === 'utf8') {
    return { apply: (text: string) => places.get(text) ?? -1, lossy: true };
  }
  const moved = from.values!.map((member) => places.get(member) ?? -1);
  return { apply: (cell: number) => moved[cell], lossy: true };
}

/** Where a cell is that no column of a type can hold: the test as source text, and as a function. */
interface Range {
  js(cell: string): string;
  test(cell: never): boolean;
  readonly needs: (type: ColumnType) => string;
}
const ranges: { readonly [K in Kind]?: Range } = {
  f64: {
    js: (cell) => `${cell}===undefined`,
    test: (cell: unknown) => cell === undefined,
    needs: () => 'a number',
  },
  f32: {
    js: (cell) => `${cell}===undefined`,
    test: (cell: unknown) => cell === undefined,
    needs: () => 'a number',
  },
  i32: {
    js: (cell) => `(${cell}|0)!==${cell}`,
    test: (cell: number) => (cell | 0) !== cell,
    needs: () => 'a whole number from -2147483648 to 2147483647',
  },
  u32: {
    js: (cell) => `(${cell}>>>0)!==${cell}`,
    test: (cell: number) => cell >>> 0 !== cell,
    needs: () => 'a whole number from 0 to 4294967295',
  },
  i64: {
    js: (cell) => `BigInt.asIntN(64,${cell})!==${cell}`,
    test: (cell: bigint) => BigInt.asIntN(64, cell) !== cell,
    needs: () => 'a whole number of 64 bits',
  },
  bool: {
    js: (cell) => `${cell}===undefined`,
    test: (cell: unknown) => cell === undefined,
    needs: () => 'true or false',
  },
  enum: {
    js: (cell) => `${cell}<0`,
    test: (cell: number) => cell < 0,
    needs: (type) => `one of ${type.values!.join(', ')}`,
  },
  timestamp: {
    js: (cell) => `!(Math.abs(${cell})<=8640000000000000)`,
    test: (cell: number) => !(Math.abs(cell) <= 8_640_000_000_000_000),
    needs: () => 'a point in time of ISO 8601, within 270 000 years of 1970',
  },
};

/** The test for cells that a type cannot hold, where there are such. */
export const rangeOf = (type: ColumnType): Range | undefined => ranges[type.kind];
