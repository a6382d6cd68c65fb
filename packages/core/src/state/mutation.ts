import type { Frame } from '../frame/frame.ts';
import type { AnyComponent, Value } from '../schema/component.ts';
import type { Signature } from '../schema/signature.ts';
import type { Json } from './json.ts';

/** Cells by full column name. */
export type Cells = Readonly<Record<string, unknown>>;

/** What is staged, as frozen data; the next tick applies it. */
export type Mutation =
  | { readonly kind: 'spawn'; readonly entity: number; readonly values: readonly Value[] }
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
      readonly cells: Cells;
    }
  | { readonly kind: 'addComponents'; readonly entity: number; readonly values: readonly Value[] }
  | {
      readonly kind: 'removeComponents';
      readonly entity: number;
      readonly components: readonly AnyComponent[];
    }
  | { readonly kind: 'setResource'; readonly name: string; readonly value: Json };

/** A value's cells under their column names. */
export function cellsOf(component: AnyComponent, fields: Readonly<Record<string, unknown>>): Cells {
  const cells: Record<string, unknown> = {};
  for (const field of Object.keys(fields)) {
    if (field !== 'type') cells[`${component.prefix}__${field}`] = fields[field];
  }
  return cells;
}
