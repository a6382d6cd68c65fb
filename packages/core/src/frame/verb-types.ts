import type { Expr, ExprOf, NullableExpr, NumberExpr, TypeOfExpr } from '../expression/expr.ts';
import type { Fields } from '../schema/component.ts';
import type {
  AsNullable,
  CellFor,
  F32,
  F64,
  I32,
  Nullable,
  Numeric,
  RowFor,
  Simplify,
  Timestamp,
  TypeOf,
  Utf8,
  Vector,
  I64,
} from '../schema/types.ts';
import type { BaseColumns } from './columns-of.ts';

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
export type Checked<C, E> = {
  readonly [K in keyof E]: K extends keyof BaseColumns
    ? never
    : K extends keyof C
      ? Assignable<C[K]>
      : K extends keyof Slips<C>
        ? Slips<C>[K]
        : Operand;
};
export type With<C, E> = [Exclude<keyof E, keyof C>] extends [never]
  ? C
  : Simplify<C & { readonly [K in Exclude<keyof E, keyof C>]: TypeOfExpr<E[K]> }>;

export type Renamed<C, N> = {
  readonly [K in keyof C as K extends keyof N ? Extract<N[K], string> : K]: C[K];
};

/** A column to sort by: its name for ascending, or with the direction. */
export type SortKey<K extends string = string> =
  | K
  | { readonly by: K; readonly order?: 'ascending' | 'descending' };

export type ArrayOf<T> = T extends { readonly array: infer A } ? A : never;
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
export type Joined<C, D, O, H, S extends string> = H extends 'semi' | 'anti'
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

export type Writes<C> = Exclude<keyof C, keyof BaseColumns> & string;
/** A field for a column that is there must have that column's type, or for a nullable column also the plain one. */
export type Fits<C, F> = {
  readonly [K in keyof F]: K extends keyof BaseColumns
    ? never
    : K extends keyof C
      ? TypeOf<F[K]> extends C[K] | (C[K] extends Nullable<infer P> ? P : never)
        ? unknown
        : { readonly 'the column has another type': C[K] }
      : unknown;
};
export type FieldsFor<C, F> = Fields & Fits<C, F>;
/** What a function of a row returns for the columns it was asked for. */
export type MadeRow<C, O> = O extends readonly (infer K extends keyof C)[]
  ? { readonly [N in K]: CellFor<C[N]> }
  : RowFor<O>;
export type WithFields<C, F> = [Exclude<keyof F, keyof C>] extends [never]
  ? C
  : Simplify<C & { readonly [K in Exclude<keyof F, keyof C>]: TypeOf<F[K]> }>;
