import type {
  AsNullable,
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
  eq(other: T['value'] | Expr<T>): ConditionOn<T>;
  ne(other: T['value'] | Expr<T>): ConditionOn<T>;
  isIn(values: readonly T['value'][]): ConditionOn<T>;
  isNull(): BoolExpr;
  /**
   * Another type. A value that does not fit fails with `value_out_of_range`. Floats round to the nearest whole number,
   * half to even; text is read as SQL reads it, times as ISO 8601.
   */
  cast<K extends keyof Casts>(
    to: K,
  ): T extends Nullable ? NullableExpr<Casts[K]> : ExprOf<Casts[K]>;
  /** As `cast`, with null for a value that does not fit. */
  tryCast<K extends keyof Casts>(to: K): NullableExpr<Casts[K]>;
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
  timestamp: Timestamp;
}

/** A test of a cell; null where the cell is null. */
type ConditionOn<T> = T extends Nullable ? NullableExpr<Bool> : BoolExpr;
/** What decides over rows: null counts as false. */
export type Condition = BoolExpr | NullableExpr<Bool>;

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
  and(other: NullableExpr<Bool>): NullableExpr<Bool>;
  or(other: boolean | BoolExpr): BoolExpr;
  or(other: NullableExpr<Bool>): NullableExpr<Bool>;
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
type Text = string | TextExpr;
/** Text is counted and cut in code points. */
export interface TextExpr<S extends string = string> extends Ordered<Utf8<S>, TextExpr> {
  /** In code points. */
  length(): NumberExpr<I32>;
  lower(): TextExpr;
  upper(): TextExpr;
  /** Without the spaces at both ends. */
  trim(): TextExpr;
  contains(part: Text): BoolExpr;
  startsWith(part: Text): BoolExpr;
  endsWith(part: Text): BoolExpr;
  /** Every occurrence. */
  replace(from: Text, to: Text): TextExpr;
  concat(...parts: readonly Text[]): TextExpr;
  split(by: Text): ListExpr<Utf8>;
  /** Code points `from` to before `to`; negative counts from the end. */
  slice(from: Num<Numeric>, to?: Num<Numeric>): TextExpr;
}
/** Points in time, in UTC. */
export interface TimeExpr extends Ordered<Timestamp, TimeExpr> {
  year(): NumberExpr<I32>;
  /** 1 to 12. */
  month(): NumberExpr<I32>;
  /** Of the month, 1 to 31. */
  day(): NumberExpr<I32>;
  hour(): NumberExpr<I32>;
  minute(): NumberExpr<I32>;
  second(): NumberExpr<I32>;
  /** 1 for Monday to 7 for Sunday. */
  weekday(): NumberExpr<I32>;
  /** Milliseconds since 1970. */
  epochMs(): NumberExpr<F64>;
  addMs(milliseconds: Num<Numeric>): TimeExpr;
  /** Milliseconds from the other to this. */
  msSince(other: Date | TimeExpr): NumberExpr<F64>;
  /** The beginning of its unit; weeks begin on Monday. */
  truncate(unit: 'year' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second'): TimeExpr;
}
export interface BigIntExpr extends Ordered<I64, BigIntExpr> {
  add(other: bigint | BigIntExpr): BigIntExpr;
  sub(other: bigint | BigIntExpr): BigIntExpr;
  mul(other: bigint | BigIntExpr): BigIntExpr;
  /** @throws `value_out_of_range` when 64 bits cannot hold it */
  sum(): Aggregate<I64>;
}
type VectorLike<N extends number> = ArrayLike<number> | VectorExpr<N>;
export interface VectorExpr<N extends number = number> extends Expr<Vector<N>> {
  length(): NumberExpr<I32>;
  /** The number at a position from 0; negative counts from the end. */
  get(at: Num<Numeric>): NullableExpr<F32>;
  dot(other: VectorLike<N>): NumberExpr<F64>;
  /** Cosine of the angle between them: 1 for one direction, NaN where one has no length. */
  cosine(other: VectorLike<N>): NumberExpr<F64>;
  /** Euclidean distance. */
  l2(other: VectorLike<N>): NumberExpr<F64>;
}
type Item<I> = I extends { readonly value: infer V } ? V | ExprOf<I> : never;
export interface ListExpr<I = unknown> extends Expr<List<I>> {
  length(): NumberExpr<I32>;
  /** The item at a position from 0, null where there is none; negative counts from the end. */
  get(at: Num<Numeric>): ExprOf<AsNullable<I>>;
  /** Null where nothing equals and an item is null. */
  contains(item: Item<I>): ConditionOn<I>;
}
export interface StructExpr<T = unknown> extends Expr<Struct<T>> {}
export interface JsonExpr<T = unknown> extends Expr<Json<T>> {}
/** A column that may hold null: decide first. */
export interface NullableExpr<T extends Plain = Plain> extends Expr<Nullable<T>> {
  fillNull(value: T['value'] | ExprOf<T>): ExprOf<T>;
  /** The first that is not null. */
  coalesce(...others: readonly ExprOf<T>[]): ExprOf<T>;
  lt(other: T['value'] | ExprOf<T>): NullableExpr<Bool>;
  le(other: T['value'] | ExprOf<T>): NullableExpr<Bool>;
  gt(other: T['value'] | ExprOf<T>): NullableExpr<Bool>;
  ge(other: T['value'] | ExprOf<T>): NullableExpr<Bool>;
  and(this: NullableExpr<Bool>, other: boolean | Condition): NullableExpr<Bool>;
  or(this: NullableExpr<Bool>, other: boolean | Condition): NullableExpr<Bool>;
  not(this: NullableExpr<Bool>): NullableExpr<Bool>;
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
/** Nothing, or what may be nothing. */
type Maybe<T> = null | Expr<AsNullable<T>>;
export interface Then<T extends Type> {
  when(test: Condition): { then(value: T['value'] | Expr<T>): Then<T> };
  /** With null, or what may be null, the result may be null. */
  otherwise<const V extends T['value'] | Expr<T> | Maybe<T>>(
    value: V,
  ): V extends Maybe<T> ? ExprOf<AsNullable<T>> : ExprOf<T>;
}
type TextIn<V> = V extends string ? V : V extends Expr<Utf8<infer S>> ? S : TextInNullable<V>;
type TextInNullable<V> = V extends Expr<Nullable<Utf8<infer S>>> ? S : never;
/** Texts meet in the union of what they can be, so that an enum column takes them only if all are members. */
export interface ThenText<S extends string> {
  when(test: Condition): {
    then<const V extends string>(value: V | Expr<Utf8<V>>): ThenText<S | V>;
  };
  otherwise<const V extends string | Expr<Utf8> | null | Expr<Nullable<Utf8>>>(
    value: V,
  ): V extends null | Expr<Nullable<Utf8>>
    ? NullableExpr<Utf8<S | TextIn<V>>>
    : TextExpr<S | TextIn<V>>;
}
