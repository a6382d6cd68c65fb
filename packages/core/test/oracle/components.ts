import {
  defineComponent,
  entity,
  f64,
  i32,
  signatureOf,
  utf8,
  type AnyComponent,
} from '@archetype/core';

/** Components of every shape that moves, updates and emissions treat differently. */
const Body = defineComponent('Body', { x: f64(0), y: f64(1) });
const Count = defineComponent('Count', { n: i32(0) });
const Link = defineComponent('Link', {
  to: entity().nullable().default(null),
  note: utf8('-'),
});
const Mark = defineComponent('Mark');

export const components = { Body, Count, Link, Mark } as const;
export type Name = keyof typeof components;
export const names = Object.keys(components) as readonly Name[];

/** A cell that stands for a birth of the same call. */
export interface BirthCell {
  readonly birth: number;
}
export type Cell = number | string | null | BirthCell;
export type Cells = Readonly<Record<string, Cell>>;
/** Fields by component. */
export type Parts = Readonly<Partial<Record<Name, Cells>>>;

export const isBirth = (cell: unknown): cell is BirthCell =>
  typeof cell === 'object' && cell !== null && 'birth' in cell;

const defaults: Readonly<Record<Name, Cells>> = {
  Body: { x: 0, y: 1 },
  Count: { n: 0 },
  Link: { to: null, note: '-' },
  Mark: {},
};
export const complete = (name: Name, given: Cells): Cells => ({ ...defaults[name], ...given });

const tables = new Map<string, string>();
/** The id of the table of an archetype: what everything is ordered by. */
export function tableOf(parts: Iterable<Name>): string {
  const sorted = [...parts].toSorted();
  const key = sorted.join(',');
  let table = tables.get(key);
  if (table === undefined) {
    table = signatureOf(sorted.map((name): AnyComponent => components[name])).table;
    tables.set(key, table);
  }
  return table;
}
