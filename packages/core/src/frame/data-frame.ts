import type { AnyComponent } from '../schema/component.ts';
import type {
  AsNullable,
  Bool,
  F32,
  F64,
  I32,
  Nullable,
  Numeric,
  RowOf,
  Simplify,
  Timestamp,
  Type,
  Utf8,
  Vector,
  I64,
} from '../schema/types.ts';
import type {
  Aggregate,
  Condition,
  Expr,
  ExprOf,
  NullableExpr,
  NumberExpr,
  TypeOfAggregate,
  TypeOfExpr,
} from '../expression/expr.ts';

/** The columns that every row begins with. */
export interface BaseColumns {
  readonly world_id: Utf8;
  readonly run_id: Utf8;
  readonly entity_id: I32;
  readonly tick: I32;
  readonly is_active: Bool;
}

type Prefixed<C> = C extends { readonly prefix: infer P extends string; readonly fields: infer F }
  ? { readonly [K in keyof F & string as `${P}__${K}`]: F[K] }
  : never;
type Both<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void
  ? I
  : never;
/** The columns of components' fields, then the base columns; in this order so that a shortened hover shows the first. */
export type ColumnsOf<Cs extends readonly AnyComponent[]> = Simplify<
  (Cs extends readonly [] ? {} : Both<Prefixed<Cs[number]>>) & BaseColumns
>;

type Flat<C> = { readonly [K in keyof C]: ExprOf<C[K]> };
type PrefixOf<K> = K extends `${infer P}__${string}` ? P : never;
type Nested<C> = {
  readonly [K in keyof C & string as PrefixOf<K>]: {
    readonly [Q in keyof C & string as Q extends `${PrefixOf<K>}__${infer F}` ? F : never]: ExprOf<
      C[Q]
    >;
  };
};
/** `c.position.x` for a component's field, `c.position__x` or `c.speed` for any column. */
export type Accessor<C> = Flat<C> & Nested<C>;

/** What an existing column takes: floats any number, whole numbers only their own type, nullable columns also null. */
export type Assignable<T> = T extends F64 | F32
  ? number | NumberExpr
  : T extends Numeric
    ? number | NumberExpr<T>
    : T extends Nullable<infer P>
      ? null | NullableExpr<P> | Assignable<P>
      : T extends { readonly value: infer V }
        ? V | ExprOf<T>
        : never;
type Operand = Expr<any> | number | boolean | string;
/** `position_x` beside `position__x`: a new column in name, a slip of the finger in truth. */
type Slips<C> = {
  readonly [
    K in keyof C & string as K extends `${infer P}__${infer F}` ? `${P}_${F}` : never
  ]: `did you mean ${K}?`;
};
type Checked<C, E> = {
  readonly [K in keyof E]: K extends keyof BaseColumns
    ? never
    : K extends keyof C
      ? Assignable<C[K]>
      : K extends keyof Slips<C>
        ? Slips<C>[K]
        : Operand;
};
type With<C, E> = [Exclude<keyof E, keyof C>] extends [never]
  ? C
  : Simplify<C & { readonly [K in Exclude<keyof E, keyof C>]: TypeOfExpr<E[K]> }>;

type Renamed<C, N> = {
  readonly [K in keyof C as K extends keyof N ? Extract<N[K], string> : K]: C[K];
};

/** A column to sort by: its name for ascending, or with the direction. */
export type SortKey<K extends string = string> =
  | K
  | { readonly by: K; readonly order?: 'ascending' | 'descending' };

type ArrayOf<T> = T extends { readonly array: infer A } ? A : never;
/** What a kernel writes: typed arrays for numbers, plain arrays for the rest. */
export type Writable<T> = T extends Numeric | Timestamp | Vector | I64
  ? ArrayOf<T>
  : T extends { readonly value: infer V }
    ? V[]
    : never;
/** What a kernel reads. */
export type Readable<T> = T extends Vector
  ? ArrayLike<number>
  : T extends Timestamp
    ? ArrayLike<number>
    : T extends { readonly value: infer V }
      ? ArrayLike<V>
      : never;

type NamesIn<C> = (keyof C & string) | readonly (keyof C & string)[];
/** Keys that both frames have, or the names on each side. */
export type JoinOn<C, D> =
  | NamesIn<{ readonly [K in keyof C & keyof D]: unknown }>
  | { readonly left: NamesIn<C>; readonly right: NamesIn<D> };
type RightKeys<O> = O extends { readonly right: infer R }
  ? RightKeys<R>
  : O extends readonly (infer K)[]
    ? K
    : O;
type Joined<C, D, O, H, S extends string> = H extends 'semi' | 'anti'
  ? C
  : C & {
      readonly [
        K in Exclude<keyof D, RightKeys<O>> & string as K extends keyof C ? `${K}${S}` : K
      ]: H extends 'left' ? AsNullable<D[K]> : D[K];
    };

/** The columns of `describe()`. */
export interface Description {
  readonly column: Utf8;
  readonly type: Utf8;
  readonly count: I32;
  readonly nulls: I32;
  readonly mean: Nullable<F64>;
  readonly std: Nullable<F64>;
  readonly min: Nullable<F64>;
  readonly q25: Nullable<F64>;
  readonly median: Nullable<F64>;
  readonly q75: Nullable<F64>;
  readonly max: Nullable<F64>;
}

/** Rows in groups, waiting for `agg`. */
export interface Grouped<C, K extends keyof C & string> {
  /**
   * One row per group, in the order of the groups' first rows: the keys, then one column per aggregate.
   *
   * @throws `aggregate_misplaced` for a value per row
   */
  agg<const E extends { readonly [name: string]: Aggregate }>(
    build: (c: Accessor<C>) => E,
  ): DataFrame<Simplify<Pick<C, K> & { readonly [N in keyof E]: TypeOfAggregate<E[N]> }>>;
}

declare const columns: unique symbol;
declare const width: unique symbol;

/**
 * Columns of equal length that never change. Verbs return new frames and share the columns they leave alone. `C` maps
 * column names to column types.
 */
export interface DataFrame<C = any> extends Iterable<Simplify<RowOf<C>>> {
  readonly [columns]: C;
  /** Frames of other width are other types: a processor cannot return a column more or less. */
  readonly [width]: keyof C;
  readonly numRows: number;
  /** Column names, in order. */
  readonly columnNames: readonly (keyof C & string)[];
  /**
   * Sets columns from expressions or values; new names are added at the end.
   *
   * @throws `unknown_column`, `type_mismatch`, `lossy_literal`, `value_out_of_range`
   * @example df.withColumns((c) => ({ position__x: c.position.x.add(c.velocity.dx) }))
   */
  withColumns<const E extends Checked<C, E>>(build: (c: Accessor<C>) => E): DataFrame<With<C, E>>;
  /** The rows for which the condition holds; null counts as false. */
  filter(build: (c: Accessor<C>) => Condition): DataFrame<C>;
  select<K extends keyof C & string>(...names: readonly K[]): DataFrame<Simplify<Pick<C, K>>>;
  drop<K extends keyof C & string>(...names: readonly K[]): DataFrame<Simplify<Omit<C, K>>>;
  /** @throws `unknown_column`, `invalid_argument` when two columns would have one name */
  rename<const N extends { readonly [K in keyof C]?: string }>(
    names: N,
  ): DataFrame<Simplify<Renamed<C, N>>>;
  /**
   * Rows in the order of the first key, equal ones in that of the next; rows equal in all keep their order. Ascending
   * unless told. NaN is greater than every number, enums are in the order of their definition, text in that of its code
   * points; nulls are last either way.
   *
   * @throws `unknown_column`, `type_mismatch` for columns without an order
   * @example df.sort('team__id', { by: 'score__points', order: 'descending' })
   */
  sort(...keys: readonly SortKey<keyof C & string>[]): DataFrame<C>;
  /** The first `rows` rows. */
  limit(rows: number): DataFrame<C>;
  /**
   * The first row of each combination of cells in these columns, of all columns when none is named. Null equals null and
   * NaN equals NaN.
   */
  distinct(...names: readonly (keyof C & string)[]): DataFrame<C>;
  /**
   * Rows whose cells in these columns are equal, as one group each; null equals null, NaN equals NaN.
   *
   * @throws `unknown_column`, `invalid_argument` without a key
   * @example df.groupBy('tick').agg((c) => ({ n: c.entity_id.count(), mean: c.wealth.coins.mean() }))
   */
  groupBy<K extends keyof C & string>(...keys: readonly [K, ...K[]]): Grouped<C, K>;
  /**
   * Rows of two frames that have equal keys, in the order of this frame, then of the other. Null matches nothing, NaN
   * matches NaN. `inner` keeps pairs, `left` also rows without one (their columns of `other` are null), `semi` and `anti`
   * the rows that have or have not a match. The other's keys are left out; a name that both have gets the suffix,
   * `_right` unless told.
   *
   * @throws `unknown_column`, `type_mismatch` for keys of different types, `invalid_argument`
   * @example trips.join(cities, { on: { left: 'trip__to', right: 'entity_id' }, how: 'left' })
   */
  join<
    D,
    const O extends JoinOn<C, D>,
    const H extends 'inner' | 'left' | 'semi' | 'anti' = 'inner',
    const S extends string = '_right',
  >(
    other: DataFrame<D>,
    options: { readonly on: O; readonly how?: H; readonly suffix?: S },
  ): DataFrame<Simplify<Joined<C, D, O, H, S>>>;
  /**
   * For each row, columns of the row of `other` whose `key` (`entity_id` unless told) is this row's cell in column `name`;
   * null where there is none. Rows stay as they are.
   *
   * @throws `unknown_column`, `type_mismatch`, `invalid_argument` where `other` has several such rows
   * @example wolves.lookup('hunter__prey', sheep, { prey_x: 'position__x' })
   */
  lookup<D, const L extends { readonly [name: string]: keyof D & string }>(
    name: keyof C & string,
    other: DataFrame<D>,
    columns: L,
    key?: keyof D & string,
  ): DataFrame<Simplify<C & { readonly [N in keyof L]: AsNullable<D[L[N]]> }>>;
  /**
   * `rows` rows without replacement, in their order, all when there are fewer. In a processor they follow from the world's
   * seed and the tick; elsewhere a `seed` is needed. Samples with different labels are independent.
   *
   * @throws `no_random_source`
   */
  sample(rows: number, options?: { readonly seed?: number; readonly label?: string }): DataFrame<C>;
  /**
   * One row per column: its name and type, the cells it has and those that are null, and for numbers mean, standard
   * deviation, minimum, quartiles and maximum.
   */
  describe(): DataFrame<Description>;
  /**
   * The rows of this frame, then those of the others, which need the same columns in any order.
   *
   * @throws `frame_mismatch`, `type_mismatch`
   */
  concat(...others: readonly DataFrame<C>[]): DataFrame<C>;
  /** Rows `from` to before `to`. */
  slice(from: number, to?: number): DataFrame<C>;
  /**
   * A loop over the columns' memory, for what expressions cannot say. Each column in `writes` is fresh memory (zeros),
   * or a copy of its present cells when `inout` names it; inputs cannot be written.
   *
   * @example
   * df.kernel(['position__x'], (out, cols, n) => {
   *   for (let i = 0; i < n; i++) out.position__x[i] = cols.position__x[n - 1 - i]!;
   * })
   */
  kernel<const W extends readonly (Exclude<keyof C, keyof BaseColumns> & string)[]>(
    writes: W,
    loop: (
      out: { readonly [K in W[number]]: Writable<C[K]> },
      cols: { readonly [K in keyof C]: Readable<C[K]> },
      n: number,
    ) => void,
    options?: { readonly inout?: readonly W[number][] },
  ): DataFrame<C>;
  /** A copy of a column's cells: a typed array for numbers, a plain array otherwise. */
  column<K extends keyof C & string>(name: K): ArrayOf<C[K]>;
  /** Rows as objects. For a few rows: columns are far faster. */
  toRows(): Simplify<RowOf<C>>[];
  /** Same columns and same cells; NaN equals NaN. `except` leaves columns out, for example `world_id` and `run_id`. */
  equals(other: DataFrame, options?: { readonly except?: readonly string[] }): boolean;
  /** Prints the first `rows` rows, 20 unless told, to the console. */
  show(rows?: number): void;
  toString(): string;
}

/** A frame whose columns are known only at run time. */
export type AnyFrame = DataFrame<{ readonly [name: string]: Type }>;
