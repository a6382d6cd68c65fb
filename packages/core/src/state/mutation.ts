import type { Frame } from '../frame/frame.ts';
import type { AnyComponent, Value } from '../schema/component.ts';
import type { Signature } from '../schema/signature.ts';
import type { Json } from './json.ts';
import type { Message } from './message.ts';

/** Some of a component's fields, checked. */
type PatchFields = Readonly<Record<string, unknown>>;

/** What is staged, as frozen data; the next tick applies it. */
export type Mutation =
  | {
      readonly kind: 'spawn';
      readonly entity: number;
      readonly signature: Signature;
      readonly values: readonly Value[];
    }
  | {
      readonly kind: 'spawnMany';
      readonly first: number;
      readonly count: number;
      readonly signature: Signature;
      /** The components' columns, `count` rows. */
      readonly rows: Frame;
    }
  | { readonly kind: 'despawn'; readonly entity: number }
  | {
      readonly kind: 'update';
      readonly entity: number;
      readonly component: AnyComponent;
      readonly fields: PatchFields;
    }
  | { readonly kind: 'addComponents'; readonly entity: number; readonly values: readonly Value[] }
  | {
      readonly kind: 'removeComponents';
      readonly entity: number;
      readonly components: readonly AnyComponent[];
    }
  | ({ readonly kind: 'send' } & Message)
  | { readonly kind: 'setResource'; readonly name: string; readonly value: Json };
