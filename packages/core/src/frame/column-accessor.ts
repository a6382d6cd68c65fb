import type { BoolExpr, ExprOf } from '../expression/expr.ts';
import type { AnyComponent } from '../schema/component.ts';

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
