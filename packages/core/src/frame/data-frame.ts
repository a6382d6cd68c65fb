import type { z } from 'zod';
import type { Schema } from '../schema/column-type.ts';
import type { AnyComponent, Fields } from '../schema/component.ts';
import type {
  AsNullable,
  Bool,
  CellFor,
  F32,
  F64,
  I32,
  Json,
  Nullable,
  Numeric,
  Plain,
  RowFor,
  RowOf,
  Simplify,
  Timestamp,
  Type,
  TypeOf,
  Utf8,
  Vector,
  I64,
} from '../schema/types.ts';
import type {
  Aggregate,
  BoolExpr,
  Condition,
  Expr,
  ExprOf,
  NullableExpr,
  NumberExpr,
  TypeOfAggregate,
  TypeOfExpr,
} from '../expression/expr.ts';
import type { KernelTools } from './kernel-random.ts';
import type { Limiter } from './limiter.ts';

/** The columns that every row begins with. */
export interface BaseColumns {
  readonly world_id: Utf8;
  readonly run_id: Utf8;
  readonly entity_id: I32;
  readonly tick: I32;
  readonly is_active: Bool;
}

/** The columns of messages. */
export interface MessageColumns {
  /** Counts up from 1 in a world, in the order of sending. */
  readonly id: I32;
  readonly to: I32;
  /** Null for a message from outside. */
  readonly from: Nullable<I32>;
  readonly content: Json;
  readonly sent_tick: I32;
  /** It was given to the processors of the next tick: that tick was computed, and the receiver lived then. */
  readonly delivered: Bool;
}

type Prefixed<C> = C extends { readonly prefix: infer P extends string; readonly fields: infer F }
  ? { readonly [K in keyof F & string as `${P}__${K}`]: F[K] }
  : never;
type Both<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void
  ? I
  : never;
type AllOf<Cs extends readonly AnyComponent[]> = Cs extends readonly []
  ? {}
  : Both<Prefixed<Cs[number]>>;
type Maybe<C> = {
  readonly [K in keyof C]: C[K] extends Nullable
    ? C[K]
    : C[K] extends Plain
      ? Nullable<C[K]>
      : never;
};
/**
 * The columns of components' fields, then those of optional components, which may be null, then the base columns; in this
 * order so that a shortened hover shows the first.
 */
export type ColumnsOf<
  Cs extends readonly AnyComponent[],
  Os extends readonly AnyComponent[] = [],
> = Simplify<AllOf<Cs> & Maybe<AllOf<Os>> & BaseColumns>;

/** The fields of a component that are vectors. */
export type VectorField<C> = C extends { readonly fields: infer F }
  ? {
      readonly [K in keyof F & string]: F[K] extends Vector | Nullable<Vector> ? K : never;
    }[keyof F & string]
  : never;
/** What a search gives: a component's columns, the base columns and how far each row is. */
export type Found<C extends AnyComponent> = Simplify<ColumnsOf<[C]> & { readonly distance: F64 }>;

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
export type Accessor<C> = Flat<C> & Nested<C> & Presence;
interface Presence {
  /** Whether the row's entity has the component; in frames of processors. @throws `no_presence` elsewhere */
  has(component: AnyComponent): BoolExpr;
}

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

/** The columns that hold a number in every row. */
export type NumericNames<C> = {
  [K in keyof C & string]: C[K] extends Numeric ? K : never;
}[keyof C & string];

/** What a call is told beside its row. */
export interface CallContext {
  /** Aborted when the call took too long, or when its result is not needed any more: hand it on. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The row's number; of rows with one key, the first's. */
  readonly index: number;
}
/** What a call for several rows is told beside them. */
export interface BatchContext {
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly indices: readonly number[];
}
type Awaitable<T> = T | PromiseLike<T>;
type InputRow<C, I extends readonly (keyof C & string)[]> = Simplify<RowOf<Pick<C, I[number]>>>;

/** What `mapAsync` is told. */
export interface MapAsyncOptions<
  C,
  I extends readonly (keyof C & string)[],
  F extends Fields,
  B extends number | undefined = undefined,
> {
  /** The columns that a call needs. */
  readonly inputs: I;
  /** A field for each column that calls give: what a call returns is checked by it. */
  readonly outputs: F;
  /** Asks for one row; with `batchSize`, for several at once, and answers with an array, one result for each of them. */
  readonly call: B extends number
    ? (
        rows: readonly InputRow<C, I>[],
        context: BatchContext,
      ) => Awaitable<readonly { readonly [K in keyof F]: z.input<F[K]> }[]>
    : (
        row: InputRow<C, I>,
        context: CallContext,
      ) => Awaitable<{ readonly [K in keyof F]: z.input<F[K]> }>;
  /** At most so many rows in one call. Given, `call` is handed arrays, even of one row. */
  readonly batchSize?: B;
  /** Rows with the same key share one call, made for the first of them. Without it, every row has its own. */
  readonly key?: (row: InputRow<C, I>) => string | number | bigint | boolean;
  /** The rows to call for; the others keep their cells, or get the field's default, or null. */
  readonly where?: (c: Accessor<C>) => Condition;
  /**
   * How many calls are under way at once, 8 unless told. All tables of a tick share the number, as do all `mapAsync` of
   * one processor that name the same one; a limiter is shared by all that are given it.
   */
  readonly concurrency?: number | Limiter;
  /** How often a failed call is made again, 0 unless told. Of a batch only the rows that failed are. */
  readonly retries?: number;
  /**
   * Milliseconds before the first retry, 250 unless told; each further wait is twice as long, up to 30 s. A row that
   * waits keeps its place among the calls under way: a service in trouble gets fewer calls, not more.
   */
  readonly backoff?: number;
  /** Milliseconds that one attempt may take; no limit unless told. */
  readonly timeout?: number;
  /**
   * What becomes of a row whose call failed for good: `throw` (unless told) fails the whole, `null` makes its outputs
   * null, `keep` leaves the old cells.
   */
  readonly onError?: 'throw' | 'null' | 'keep';
  /** Gives up when it is aborted. In a processor the step's own signal does so too. */
  readonly signal?: AbortSignal;
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

type Writes<C> = Exclude<keyof C, keyof BaseColumns> & string;
/** A field for a column that is there must have that column's type, or for a nullable column also the plain one. */
type Fits<C, F> = {
  readonly [K in keyof F]: K extends keyof BaseColumns
    ? never
    : K extends keyof C
      ? TypeOf<F[K]> extends C[K] | (C[K] extends Nullable<infer P> ? P : never)
        ? unknown
        : { readonly 'the column has another type': C[K] }
      : unknown;
};
type FieldsFor<C, F> = Fields & Fits<C, F>;
/** What a function of a row returns for the columns it was asked for. */
type MadeRow<C, O> = O extends readonly (infer K extends keyof C)[]
  ? { readonly [N in K]: CellFor<C[N]> }
  : RowFor<O>;
type WithFields<C, F> = [Exclude<keyof F, keyof C>] extends [never]
  ? C
  : Simplify<C & { readonly [K in Exclude<keyof F, keyof C>]: TypeOf<F[K]> }>;

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
  /** Names and types of the columns, in order, as data. */
  readonly schema: Schema;
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
   * or a copy of its present cells when `inout` names it; inputs cannot be written. Rows that act one after the other in
   * random order, each seeing what those before it did, are a loop over `k.random.permutation()`.
   *
   * @throws `reserved_column`, `unknown_column`, `invalid_value`, and `no_random_source` where `k.random` is used on a
   * frame that belongs to no processor
   * @example
   * df.kernel(['wealth__coins'], ({ wealth__coins: coins }, _cols, n, k) => {
   *   for (const i of k.random.permutation()) {
   *     if (coins[i]! === 0) continue;
   *     coins[i]! -= 1;
   *     coins[k.random.integer(0, n)]! += 1;
   *   }
   * }, { inout: ['wealth__coins'] })
   */
  kernel<const W extends readonly (Exclude<keyof C, keyof BaseColumns> & string)[]>(
    writes: W,
    loop: (
      out: { readonly [K in W[number]]: Writable<C[K]> },
      cols: { readonly [K in keyof C]: Readable<C[K]> },
      n: number,
      k: KernelTools,
    ) => void,
    options?: { readonly inout?: readonly W[number][] },
  ): DataFrame<C>;
  /**
   * Columns from a function of each row. `outputs` names columns that are there, or gives a field to each column that is
   * made; the function returns their cells. Columns of the row are read when asked for; destructuring reads them too,
   * spreading does not. For many rows a kernel is faster.
   *
   * @throws `invalid_value`, `value_out_of_range` naming column and row, `unknown_column`, `reserved_column`
   * @example df.mapRows({ label: utf8() }, (row, i) => ({ label: `${i}: ${row.agent__name}` }))
   */
  mapRows<const O extends readonly Writes<C>[] | FieldsFor<C, O>>(
    outputs: O,
    fn: (row: Simplify<RowOf<C>>, i: number) => MadeRow<C, O>,
  ): DataFrame<O extends readonly unknown[] ? C : WithFields<C, O>>;
  /**
   * A call per row, to a model or any other service, awaited as a whole: the same rows with what the calls returned.
   * The result does not depend on which call ends first. If it fails or is given up nothing of it is kept, and calls under
   * way are told through their signal.
   *
   * @throws `call_failed` for the first row, in row order, whose call failed for good; `invalid_value` where what it
   * returned does not fit `outputs`; `length_mismatch`, `aborted`; `invalid_argument`, `type_mismatch`,
   * `unknown_column`, `reserved_column` before the first call
   * @example
   * return await df.mapAsync({
   *   inputs: ['agent__name', 'agent__mood'],
   *   outputs: { agent__plan: utf8() },
   *   key: (row) => `${row.agent__name} ${row.agent__mood}`,
   *   call: async (row, { signal }) => ({ agent__plan: await model.complete(row, { signal }) }),
   * });
   */
  mapAsync<
    const I extends readonly (keyof C & string)[],
    const F extends Fields & Fits<C, F>,
    B extends number | undefined = undefined,
  >(
    options: MapAsyncOptions<C, I, F, B>,
  ): Promise<DataFrame<WithFields<C, F>>>;
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
