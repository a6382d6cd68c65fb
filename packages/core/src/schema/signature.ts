import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { printType, types, type Field, type Schema } from './column-type.ts';

/** Names one table: `a_<number of components>c_s<16 hex digits>`. */
export type TableId = string;
/** Names one version of a table's columns. */
export type SchemaId = string;

/** A component as data: what a store keeps of it. */
export interface ComponentShape {
  readonly type: string;
  readonly prefix: string;
  /** Under their full names, in definition order. */
  readonly columns: Schema;
  /** By column, as JSON: what rows have that were written before there was such a column. */
  readonly defaults: { readonly [column: string]: DefaultCell };
}
/** A default as JSON. */
export type DefaultCell =
  | null
  | boolean
  | number
  | string
  | readonly DefaultCell[]
  | { readonly [key: string]: DefaultCell };

/** The exact set of components of an entity: the identity of its archetype, and the columns of its table. */
export interface Signature {
  readonly table: TableId;
  readonly schema: SchemaId;
  /** Sorted by name. */
  readonly components: readonly ComponentShape[];
  readonly names: readonly string[];
  /** `entity_id`, then the components' columns: a living entity's row as a snapshot keeps it. */
  readonly state: Schema;
  /** `entity_id`, `is_active`, then the components' columns: a row as a commit carries it. */
  readonly stored: Schema;
  /** All columns: a row as users see it. */
  readonly row: Schema;
}

const entityColumn: Field = Object.freeze({ name: 'entity_id', type: types.i32 });
const activeColumn: Field = Object.freeze({ name: 'is_active', type: types.bool });

/** First in every row, in this order; never null. */
export const baseColumns: Schema = Object.freeze([
  { name: 'world_id', type: types.utf8 },
  { name: 'run_id', type: types.utf8 },
  entityColumn,
  { name: 'tick', type: types.i32 },
  activeColumn,
]);

const baseNames = new Set(baseColumns.map((column) => column.name));
export const isBaseColumn = (name: string): boolean => baseNames.has(name);

export function signatureOf(components: Iterable<ComponentShape>): Signature {
  const sorted = [...components].toSorted((a, b) =>
    a.type < b.type ? -1 : a.type > b.type ? 1 : 0,
  );
  const names = sorted.map((component) => component.type);
  const columns = sorted.flatMap((component) => component.columns);
  const printed = columns.map(({ name, type }) => `${name} ${printType(type)}`).join('\n');
  return Object.freeze({
    table: tableIdOf(names),
    schema: `s_${hash16(`${names.join(',')}\n${printed}`)}`,
    components: Object.freeze(sorted),
    names: Object.freeze(names),
    state: Object.freeze([entityColumn, ...columns]),
    stored: Object.freeze([entityColumn, activeColumn, ...columns]),
    row: Object.freeze([...baseColumns, ...columns]),
  });
}

/** Whether the table has all of `names` and none of `without`. */
export const covers = (
  signature: Signature,
  names: readonly string[],
  without: readonly string[] = [],
): boolean =>
  names.every((name) => signature.names.includes(name)) &&
  !without.some((name) => signature.names.includes(name));

/** The table of the archetype with exactly these component names, which must be sorted. */
function tableIdOf(names: readonly string[]): TableId {
  return `a_${names.length}c_s${hash16(names.join(','))}`;
}

const hash16 = (text: string): string => bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16);

/** The components of tables, each once, by name. */
export function shapesOf(signatures: Iterable<Signature>): readonly ComponentShape[] {
  const shapes = new Map<string, ComponentShape>();
  for (const { components } of signatures) {
    for (const shape of components) shapes.set(shape.type, shape);
  }
  return [...shapes.values()].toSorted((a, b) => (a.type < b.type ? -1 : 1));
}
