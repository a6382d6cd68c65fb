import { isNumber, isText, required, sameType, type ColumnType } from '../schema/column-type.ts';

/** How a physical cell of one type becomes one of another; `table` is the enum's list of members. */
export interface Conversion {
  js(cell: string, table: string): string;
  apply(cell: never, table: readonly string[]): unknown;
  readonly table?: readonly string[];
}

const same: Conversion = { js: (cell) => cell, apply: (cell) => cell };

/** No 64-bit column can hold it, so it fails where it lands, and only if it lands. */
const NOT_LONG = 2n ** 64n;
const roundOff = (x: number): number => Math.sign(x) * Math.round(Math.abs(x));
const toLong = (x: number): bigint => (Number.isFinite(x) ? BigInt(roundOff(x)) : NOT_LONG);

const toKind: { readonly [kind: string]: Conversion } = {
  f64: same,
  f32: { js: (cell) => `Math.fround(${cell})`, apply: (cell: number) => Math.fround(cell) },
  i32: { js: (cell) => `Math.sign(${cell})*Math.round(Math.abs(${cell}))`, apply: roundOff },
  u32: { js: (cell) => `Math.sign(${cell})*Math.round(Math.abs(${cell}))`, apply: roundOff },
  i64: {
    js: (cell) =>
      `(Number.isFinite(${cell})?BigInt(Math.sign(${cell})*Math.round(Math.abs(${cell}))):${NOT_LONG}n)`,
    apply: toLong,
  },
  bool: { js: (cell) => `(${cell}!==0?1:0)`, apply: (cell: number) => (cell !== 0 ? 1 : 0) },
  utf8: { js: (cell) => `String(${cell})`, apply: (cell: number) => String(cell) },
};
const isWhole = (type: ColumnType): boolean => type.kind === 'i32' || type.kind === 'u32';

/** The conversion that `cast` and assignments use, or undefined where none is defined. */
export function conversion(from: ColumnType, to: ColumnType): Conversion | undefined {
  if (sameType(required(from), required(to))) return same;
  if (from.kind === 'enum' && to.kind === 'utf8') {
    return {
      js: (cell, table) => `${table}[${cell}]`,
      apply: (cell: number, table) => table[cell],
      table: from.values!,
    };
  }
  if (isText(from) && to.kind === 'enum') {
    // A text that is no member becomes -1, which fails where it lands.
    if (from.kind === 'enum') {
      const moved = from.values!.map((member) => String(to.values!.indexOf(member)));
      return {
        js: (cell, table) => `+${table}[${cell}]`,
        apply: (cell: number, table) => Number(table[cell]),
        table: moved,
      };
    }
    return {
      js: (cell, table) => `${table}.indexOf(${cell})`,
      apply: (cell: string, table) => table.indexOf(cell),
      table: to.values!,
    };
  }
  if (isNumber(from) && isWhole(from) && isWhole(to)) return same;
  if (isNumber(from)) return toKind[to.kind];
  if (from.kind === 'bool' && (isNumber(to) || to.kind === 'utf8')) {
    return to.kind === 'utf8'
      ? {
          js: (cell) => `(${cell}?"true":"false")`,
          apply: (cell: number) => (cell === 1 ? 'true' : 'false'),
        }
      : same;
  }
  if (from.kind === 'i64') {
    if (to.kind === 'utf8') return toKind.utf8;
    if (isNumber(to))
      return { js: (cell) => `Number(${cell})`, apply: (cell: bigint) => Number(cell) };
  }
  return undefined;
}
