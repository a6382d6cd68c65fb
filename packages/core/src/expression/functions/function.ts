import { isNumber, isText, sameType, types, type ColumnType } from '../../schema/column-type.ts';

/**
 * One function of the expression language whose result is null when an argument is null. Cells are physical: numbers, 0
 * or 1 for booleans, milliseconds for timestamps, positions for enums, arrays for lists and vectors.
 */
export interface ExpressionFunction {
  /** The result's type, or undefined when the arguments' types do not fit. Nullability is not its business. */
  result(args: readonly ColumnType[]): ColumnType | undefined;
  /** What the arguments must be, for the error message. */
  readonly needs: string;
  /** The type that a literal takes beside an argument of type `leader`; the leader's own unless told. */
  literal?(leader: ColumnType): ColumnType;
  /** Enums are taken as the names of their members. */
  readonly names?: true;
  /** Source text where it is worth to be written into the loop; else the loop calls `apply`. `args` are variable names. */
  js?(args: readonly string[], types: readonly ColumnType[]): string;
  /** A cell; null only where `partial` allows it. */
  apply(...cells: readonly never[]): unknown;
  /** Whether null may come out of arguments of these types that are not null. */
  partial?(args: readonly ColumnType[]): boolean;
  /** The result may leave the range of its type, which is then an error. */
  readonly overflows?: true;
  /** DuckDB's SQL; `args` are SQL expressions. */
  sql(args: readonly string[]): string;
}

/** Stands for a cell that its type cannot hold, until it reaches a column or is passed over. */
export class Impossible {
  readonly type: ColumnType;
  readonly cell: unknown;
  /** The processor that asked for it. */
  readonly owner: string | undefined;

  constructor(type: ColumnType, cell: unknown, owner: string | undefined) {
    this.type = type;
    this.cell = cell;
    this.owner = owner;
  }
}

export type Functions = { readonly [name: string]: ExpressionFunction };

export type Order = number | bigint | string;

/** Total order of SQL: NaN equals NaN and is greater than every other number. */
export const order = {
  eq: (a: Order, b: Order): boolean => a === b || (a !== a && b !== b),
  lt: (a: Order, b: Order): boolean => a < b || (a === a && b !== b),
  le: (a: Order, b: Order): boolean => a <= b || b !== b,
};

export const is64 = (type: ColumnType): boolean => type.kind === 'i64';
export const isFloat = (type: ColumnType): boolean => type.kind === 'f64' || type.kind === 'f32';

/** Of 32 bits. */
export const isWhole = (type: ColumnType): boolean => type.kind === 'i32' || type.kind === 'u32';

/** The type that two numbers meet in: their own when equal, 64-bit float otherwise. */
export function promote(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (is64(a) && is64(b)) return types.i64;
  if (!isNumber(a) || !isNumber(b)) return undefined;
  return a.kind === b.kind ? types[a.kind as 'f64'] : types.f64;
}

/** The type in which cells can be compared. */
export const common = (args: readonly ColumnType[]): ColumnType | undefined =>
  args.reduce<ColumnType | undefined>(
    (a, b) => (a === undefined ? undefined : sameKind(a, b) ? a : promote(a, b)),
    args[0],
  );
const sameKind = (a: ColumnType, b: ColumnType): boolean =>
  sameType({ ...a, nullable: false }, { ...b, nullable: false }) || (isText(a) && isText(b));

/** A function whose arguments have these types, checked one by one, and whose result has one type. */
export const typedFunction = (
  tests: readonly ((type: ColumnType) => boolean)[],
  needs: string,
  result: ColumnType,
): Pick<ExpressionFunction, 'result' | 'needs'> => ({
  result: (args) =>
    args.length === tests.length && args.every((arg, k) => tests[k]!(arg)) ? result : undefined,
  needs,
});
