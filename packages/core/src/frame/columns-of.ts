import type { AnyComponent } from '../schema/component.ts';
import type {
  Bool,
  F64,
  I32,
  Json,
  Nullable,
  Plain,
  Simplify,
  Utf8,
  Vector,
} from '../schema/types.ts';

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
