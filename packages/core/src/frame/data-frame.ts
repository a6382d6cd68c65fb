import type { Aggregate, Condition, TypeOfAggregate } from '../expression/expr.ts';
import type { Schema } from '../schema/column-type.ts';
import type { Fields } from '../schema/component.ts';
import type { AsNullable, RowOf, Simplify, Type } from '../schema/types.ts';
import type { MapAsyncOptions } from './call-options.ts';
import type { Accessor } from './column-accessor.ts';
import type { BaseColumns } from './columns-of.ts';
import type { KernelTools } from './kernel-random.ts';
import type {
  Checked,
  With,
  Renamed,
  SortKey,
  ArrayOf,
  Writable,
  Readable,
  JoinOn,
  Joined,
  Description,
  Writes,
  Fits,
  FieldsFor,
  MadeRow,
  WithFields,
} from './verb-types.ts';

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
