import type {
  Bool,
  F32,
  F64,
  I32,
  I64,
  Json,
  List,
  Nullable,
  Numeric,
  Plain,
  Struct,
  Timestamp,
  Type,
  U32,
  Utf8,
  Vector,
} from '../schema/types.ts';

declare const type: unique symbol;

/** What every expression can do. `T` is its column type. */
export interface Expr<T extends Type = Type> {
  readonly [type]: T;
  /** Equal; NaN equals NaN, null gives null. */
  eq(other: T['value'] | Expr<T>): BoolExpr;
  ne(other: T['value'] | Expr<T>): BoolExpr;
  isIn(values: readonly T['value'][]): BoolExpr;
  isNull(): BoolExpr;
  /** Another type; a value that does not fit fails with `value_out_of_range`. Floats round to the nearest whole number. */
  cast<K extends keyof Casts>(to: K): ExprOf<Casts[K]>;
  /** Cells that are not null. */
  count(): Aggregate<I32>;
  /** Cells that differ, nulls left out; NaN equals NaN. */
  countDistinct(): Aggregate<I32>;
  /** The cell of the group's first row. */
  first(): Aggregate<T>;
  last(): Aggregate<T>;
}

declare const aggregate: unique symbol;

/**
 * One value of many rows: given to `agg`, or spread over rows with `over`. Null cells are passed over; a group of nulls
 * alone gives null.
 */
export interface Aggregate<T extends Type = Type> {
  readonly [aggregate]: T;
  /**
   * The value of a row's group, in every row of it: rows that are equal in these columns, all rows when none is named.
   *
   * @example c.wealth.coins.div(c.wealth.coins.sum().over('tick'))
   */
  over(...keys: readonly string[]): ExprOf<T>;
}

interface Casts {
  f64: F64;
  f32: F32;
  i32: I32;
  u32: U32;
  i64: I64;
  utf8: Utf8;
  bool: Bool;
}

/** The type in which two numbers meet: their own when equal, else f64. */
export type Promote<A extends Numeric, B extends Numeric> = A extends B
  ? B extends A
    ? A
    : F64
  : F64;
type Num<T extends Numeric> = number | NumberExpr<T>;

export interface NumberExpr<T extends Numeric = Numeric> extends Expr<T> {
  add<U extends Numeric = T>(other: Num<U>): NumberExpr<Promote<T, U>>;
  sub<U extends Numeric = T>(other: Num<U>): NumberExpr<Promote<T, U>>;
  mul<U extends Numeric = T>(other: Num<U>): NumberExpr<Promote<T, U>>;
  /** Always f64; by zero it gives ±∞ or NaN. */
  div(other: Num<Numeric>): NumberExpr<F64>;
  /** Remainder with the sign of the dividend, as in SQL. */
  mod<U extends Numeric = T>(other: Num<U>): NumberExpr<Promote<T, U>>;
  /** Remainder in [0, n), for a torus of size `n`. */
  wrap<U extends Numeric = T>(n: Num<U>): NumberExpr<Promote<T, U>>;
  neg(): NumberExpr<T>;
  abs(): NumberExpr<T>;
  floor(): NumberExpr<T>;
  ceil(): NumberExpr<T>;
  /** To the nearest whole number, half away from zero. */
  round(): NumberExpr<T>;
  clamp(low: Num<T>, high: Num<T>): NumberExpr<T>;
  pow(exponent: Num<Numeric>): NumberExpr<F64>;
  sqrt(): NumberExpr<F64>;
  exp(): NumberExpr<F64>;
  log(): NumberExpr<F64>;
  sin(): NumberExpr<F64>;
  cos(): NumberExpr<F64>;
  tan(): NumberExpr<F64>;
  /** The angle of the point (x, this), in radians. */
  atan2(x: Num<Numeric>): NumberExpr<F64>;
  lt(other: Num<Numeric>): BoolExpr;
  le(other: Num<Numeric>): BoolExpr;
  gt(other: Num<Numeric>): BoolExpr;
  ge(other: Num<Numeric>): BoolExpr;
  /** Both ends belong to it. */
  between(low: Num<Numeric>, high: Num<Numeric>): BoolExpr;
  sum(): Aggregate<F64>;
  mean(): Aggregate<F64>;
  /** NaN is greater than every number. */
  min(): Aggregate<T>;
  max(): Aggregate<T>;
  /** Of a sample (divided by n - 1); null for fewer than two cells. */
  var(): Aggregate<Nullable<F64>>;
  /** Square root of `var`. */
  std(): Aggregate<Nullable<F64>>;
  /** The value below which a share `level` of the cells lies, between two cells linear; 0.5 is the median. */
  quantile(level: number): Aggregate<F64>;
}

export interface BoolExpr extends Expr<Bool> {
  and(other: boolean | BoolExpr): BoolExpr;
  or(other: boolean | BoolExpr): BoolExpr;
  not(): BoolExpr;
  any(): Aggregate<Bool>;
  all(): Aggregate<Bool>;
}

interface Ordered<T extends Type, E> extends Expr<T> {
  lt(other: T['value'] | E): BoolExpr;
  le(other: T['value'] | E): BoolExpr;
  gt(other: T['value'] | E): BoolExpr;
  ge(other: T['value'] | E): BoolExpr;
  min(): Aggregate<T>;
  max(): Aggregate<T>;
}
export interface TextExpr<S extends string = string> extends Ordered<Utf8<S>, TextExpr> {}
export interface TimeExpr extends Ordered<Timestamp, TimeExpr> {}
export interface BigIntExpr extends Ordered<I64, BigIntExpr> {
  add(other: bigint | BigIntExpr): BigIntExpr;
  sub(other: bigint | BigIntExpr): BigIntExpr;
  mul(other: bigint | BigIntExpr): BigIntExpr;
  /** @throws `value_out_of_range` when 64 bits cannot hold it */
  sum(): Aggregate<I64>;
}
export interface VectorExpr<N extends number = number> extends Expr<Vector<N>> {}
export interface ListExpr<T = unknown> extends Expr<List<T>> {}
export interface StructExpr<T = unknown> extends Expr<Struct<T>> {}
export interface JsonExpr<T = unknown> extends Expr<Json<T>> {}
/** A column that may hold null: decide first. */
export interface NullableExpr<T extends Plain = Plain> extends Expr<Nullable<T>> {
  fillNull(value: T['value'] | ExprOf<T>): ExprOf<T>;
  /** The first that is not null. */
  coalesce(...others: readonly ExprOf<T>[]): ExprOf<T>;
  sum(this: NullableExpr<Numeric>): Aggregate<Nullable<F64>>;
  mean(this: NullableExpr<Numeric>): Aggregate<Nullable<F64>>;
  min(): Aggregate<Nullable<T>>;
  max(): Aggregate<Nullable<T>>;
  var(this: NullableExpr<Numeric>): Aggregate<Nullable<F64>>;
  std(this: NullableExpr<Numeric>): Aggregate<Nullable<F64>>;
  quantile(this: NullableExpr<Numeric>, level: number): Aggregate<Nullable<F64>>;
  any(this: NullableExpr<Bool>): Aggregate<Nullable<Bool>>;
  all(this: NullableExpr<Bool>): Aggregate<Nullable<Bool>>;
}

/** The expression of a column type. */
export type ExprOf<T> = T extends Numeric
  ? NumberExpr<T>
  : T extends Utf8<infer S>
    ? TextExpr<S>
    : T extends Bool
      ? BoolExpr
      : T extends I64
        ? BigIntExpr
        : T extends Timestamp
          ? TimeExpr
          : T extends Vector<infer N>
            ? VectorExpr<N>
            : T extends List<infer V>
              ? ListExpr<V>
              : T extends Struct<infer V>
                ? StructExpr<V>
                : T extends Json<infer V>
                  ? JsonExpr<V>
                  : T extends Nullable<infer P>
                    ? NullableExpr<P>
                    : Expr<T & Type>;

export type TypeOfAggregate<E> = E extends { readonly [aggregate]: infer T extends Type }
  ? T
  : never;

/** The column type of what `withColumns` was given. */
export type TypeOfExpr<E> = E extends { readonly [type]: infer T extends Type }
  ? T
  : E extends number
    ? F64
    : E extends boolean
      ? Bool
      : E extends string
        ? Utf8
        : never;

export interface When {
  then<const S extends string>(value: S | Expr<Utf8<S>>): ThenText<S>;
  then<T extends Type>(value: Expr<T>): Then<T>;
  then(value: number): Then<F64>;
  then(value: boolean): Then<Bool>;
}
export interface Then<T extends Type> {
  when(test: BoolExpr): { then(value: T['value'] | Expr<T>): Then<T> };
  otherwise(value: T['value'] | Expr<T>): ExprOf<T>;
}
/** Texts meet in the union of what they can be, so that an enum column takes them only if all are members. */
export interface ThenText<S extends string> {
  when(test: BoolExpr): {
    then<const V extends string>(value: V | Expr<Utf8<V>>): ThenText<S | V>;
  };
  otherwise<const V extends string>(value: V | Expr<Utf8<V>>): TextExpr<S | V>;
}
