import { z } from 'zod';
import { ArchetypeError } from '../errors.ts';
import { types } from './column-type.ts';
import { isEntityRef, type EntityRef } from './entity-ref.ts';
import type { F64, I32, Json, Tagged, Vector } from './types.ts';
import { markers } from './zod-type.ts';

type F64Schema = z.ZodNumber & Tagged<F64>;

/** 64-bit floating point number. Zod refuses NaN and infinities where a value is given; processors may produce them. */
export function f64(): F64Schema;
export function f64(initial: number): z.ZodDefault<F64Schema>;
export function f64(initial?: number): z.ZodType {
  return initial === undefined ? z.number() : z.number().default(initial);
}

/** 32-bit floating point number. */
export function f32(): z.ZodFloat32;
export function f32(initial: number): z.ZodDefault<z.ZodFloat32>;
export function f32(initial?: number) {
  return initial === undefined ? z.float32() : z.float32().default(initial);
}

/** Whole number from -2^31 to 2^31 - 1. */
export function i32(): z.ZodInt32;
export function i32(initial: number): z.ZodDefault<z.ZodInt32>;
export function i32(initial?: number) {
  return initial === undefined ? z.int32() : z.int32().default(initial);
}

/** Whole number from 0 to 2^32 - 1. */
export function u32(): z.ZodUInt32;
export function u32(initial: number): z.ZodDefault<z.ZodUInt32>;
export function u32(initial?: number) {
  return initial === undefined ? z.uint32() : z.uint32().default(initial);
}

/** 64-bit whole number, a `bigint` in JavaScript. */
export function i64(): z.ZodInt64;
export function i64(initial: bigint): z.ZodDefault<z.ZodInt64>;
export function i64(initial?: bigint) {
  return initial === undefined ? z.int64() : z.int64().default(initial);
}

export function bool(): z.ZodBoolean;
export function bool(initial: boolean): z.ZodDefault<z.ZodBoolean>;
export function bool(initial?: boolean) {
  return initial === undefined ? z.boolean() : z.boolean().default(initial);
}

/** Text of any length. */
export function utf8(): z.ZodString;
export function utf8(initial: string): z.ZodDefault<z.ZodString>;
export function utf8(initial?: string) {
  return initial === undefined ? z.string() : z.string().default(initial);
}

/** A moment, in milliseconds since the epoch, UTC; a `Date` in JavaScript. */
export function timestamp(): z.ZodDate {
  return z.date();
}

/** `size` 32-bit floats, for example an embedding. Any array of that many finite numbers is taken. */
export function vector<const N extends number>(
  size: N,
): z.ZodCustom<Float32Array, ArrayLike<number>> & Tagged<Vector<N>> {
  if (!Number.isInteger(size) || size < 1) {
    throw new ArchetypeError(
      'invalid_definition',
      `vector(${size}) has no whole, positive size; give one.`,
    );
  }
  const schema = z.custom<Float32Array>(
    (given) => isVector(given, size),
    `expected ${size} finite numbers`,
  );
  return schema.register(markers, {
    column: Object.freeze({ kind: 'vector', nullable: false, size }),
  }) as unknown as z.ZodCustom<Float32Array, ArrayLike<number>> & Tagged<Vector<N>>;
}

function isVector(given: unknown, size: number): boolean {
  return (
    (Array.isArray(given) || given instanceof Float32Array || given instanceof Float64Array) &&
    given.length === size &&
    Array.from(given as ArrayLike<unknown>).every(
      (x) => typeof x === 'number' && Number.isFinite(x),
    )
  );
}

/** The id of another entity, or what `ctx.spawn` gave for one that is not born yet. 0 is nobody. */
export function entity(): z.ZodCustom<EntityRef, EntityRef> & Tagged<I32> {
  const schema = z.custom<EntityRef>(isEntityRef, 'expected an entity id or a BirthRef');
  return schema.register(markers, { column: types.i32 }) as typeof schema & Tagged<I32>;
}

/** Anything that JSON can hold, of at most 100 levels of lists and objects; kept as text, copied when it is given. */
export function json<T = unknown>(): z.ZodType<T> & Tagged<Json<T>> {
  const schema = z.json().register(markers, { column: types.json });
  return schema as unknown as z.ZodType<T> & Tagged<Json<T>>;
}
