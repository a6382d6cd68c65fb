import type { Condition } from '../expression/expr.ts';
import type { Fields } from '../schema/component.ts';
import type { RowOf, Simplify } from '../schema/types.ts';
import type { z } from 'zod';
import type { Accessor } from './column-accessor.ts';
import type { Limiter } from './limiter.ts';

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
