import type { z } from 'zod';

/** One interface per column type, for the compiler: `value` is a cell, `array` what `column()` gives. */
export interface F64 {
  readonly kind: 'f64';
  readonly value: number;
  readonly array: Float64Array;
}
export interface F32 {
  readonly kind: 'f32';
  readonly value: number;
  readonly array: Float32Array;
}
export interface I32 {
  readonly kind: 'i32';
  readonly value: number;
  readonly array: Int32Array;
}
export interface U32 {
  readonly kind: 'u32';
  readonly value: number;
  readonly array: Uint32Array;
}
export interface I64 {
  readonly kind: 'i64';
  readonly value: bigint;
  readonly array: BigInt64Array;
}
export interface Bool {
  readonly kind: 'bool';
  readonly value: boolean;
  readonly array: readonly boolean[];
}
export interface Utf8<S extends string = string> {
  readonly kind: 'utf8';
  readonly value: S;
  readonly array: readonly S[];
}
/** Milliseconds since the epoch, UTC. */
export interface Timestamp {
  readonly kind: 'timestamp';
  readonly value: Date;
  readonly array: Float64Array;
}
/** `size` 32-bit floats per row; `array` is flat, row after row. */
export interface Vector<N extends number = number> {
  readonly kind: 'vector';
  readonly value: Float32Array;
  readonly array: Float32Array;
  readonly size: N;
}
/** `I` is the column type of an item. */
export interface List<I = unknown> {
  readonly kind: 'list';
  readonly item: I;
  readonly value: readonly CellOf<I>[];
  readonly array: readonly (readonly CellOf<I>[])[];
}
type CellOf<I> = I extends { readonly value: infer V } ? V : unknown;
export interface Struct<T = unknown> {
  readonly kind: 'struct';
  readonly value: T;
  readonly array: readonly T[];
}
export interface Json<T = unknown> {
  readonly kind: 'json';
  readonly value: T;
  readonly array: readonly T[];
}
export interface Nullable<T extends Plain = Plain> {
  readonly kind: 'nullable';
  readonly of: T;
  readonly value: T['value'] | null;
  readonly array: readonly (T['value'] | null)[];
}

export type Numeric = F64 | F32 | I32 | U32;
export type Plain = Numeric | I64 | Bool | Utf8 | Timestamp | Vector | List | Struct | Json;
export type Type = Plain | Nullable;
/** Column name to column type: what a `DataFrame` is generic over. */
export interface Columns {
  readonly [name: string]: Type;
}

/** Marks a zod schema with the column type that zod itself cannot tell. */
export interface Tagged<T extends Plain> {
  readonly '~column': T;
}

/** The column type of a zod schema. */
export type TypeOf<S> =
  S extends Tagged<infer T>
    ? T
    : S extends z.ZodDefault<infer I>
      ? TypeOf<I>
      : S extends z.ZodNullable<infer I>
        ? AsNullable<TypeOf<I>>
        : S extends z.ZodOptional<infer I>
          ? AsNullable<TypeOf<I>>
          : S extends z.ZodNumberFormat
            ? FormatOf<S>
            : S extends z.ZodNumber
              ? F64
              : S extends z.ZodBigInt
                ? I64
                : S extends z.ZodBoolean
                  ? Bool
                  : S extends z.ZodString
                    ? Utf8
                    : S extends z.ZodEnum<infer E>
                      ? Utf8<E[keyof E] & string>
                      : S extends z.ZodLiteral<infer L>
                        ? L extends string
                          ? Utf8<L>
                          : Json<L>
                        : S extends z.ZodDate
                          ? Timestamp
                          : S extends z.ZodArray<infer I>
                            ? List<TypeOf<I>>
                            : S extends z.ZodObject
                              ? Struct<z.output<S>>
                              : S extends z.ZodType<infer O>
                                ? Json<O>
                                : never;
/** The same type, null allowed. */
export type AsNullable<T> = T extends Nullable ? T : T extends Plain ? Nullable<T> : never;
type FormatOf<S> = S extends z.ZodFloat32
  ? F32
  : S extends z.ZodInt32
    ? I32
    : S extends z.ZodUInt32
      ? U32
      : F64;

/** A row of a frame with these columns. */
export type RowOf<C> = {
  [K in keyof C]: C[K] extends { readonly value: infer V } ? V : never;
};

/** A cell as it may be given: any array of numbers for a vector. */
export type CellFor<T> = T extends { readonly value: infer V }
  ? V extends Float32Array
    ? ArrayLike<number>
    : V
  : never;
type Omittable<F> = {
  [K in keyof F]: undefined extends z.input<F[K] & z.ZodType>
    ? K
    : null extends CellFor<TypeOf<F[K]>>
      ? K
      : never;
}[keyof F];
/** A cell for each of these fields; those with a default or that may be null can be left out. */
export type RowFor<F> = {
  readonly [K in Exclude<keyof F, Omittable<F>>]: CellFor<TypeOf<F[K]>>;
} & {
  readonly [K in Omittable<F>]?: CellFor<TypeOf<F[K]>> | undefined;
};

/** Shows a computed type as one flat object. */
export type Simplify<T> = { [K in keyof T]: T[K] } & {};
