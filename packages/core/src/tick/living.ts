import type { Column } from '../column/column.ts';
import { columnOf } from '../column/columns.ts';
import { radixOrder } from '../column/radix-order.ts';
import { Frame } from '../frame/frame.ts';
import { types, type ColumnType } from '../schema/column-type.ts';
import type { Signature, TableId } from '../schema/signature.ts';

/** The living entities of one archetype inside a tick. */
export interface LivingTable {
  readonly signature: Signature;
  /** Columns `signature.state`, in ascending `entity_id`. */
  readonly frame: Frame;
}
export type LivingTables = ReadonlyMap<TableId, LivingTable>;

/** No table has a row. */
export const noTables: LivingTables = new Map();

/** A component's column in a table. */
export interface StateField {
  readonly component: string;
  readonly field: string;
  readonly name: string;
  readonly type: ColumnType;
}

const fields = new WeakMap<Signature, readonly StateField[]>();

/** The columns of a table after `entity_id`, each with what it is a column of. */
export function fieldsOf(signature: Signature): readonly StateField[] {
  let known = fields.get(signature);
  if (known === undefined) {
    known = signature.components.flatMap(({ type: component, prefix, columns }) =>
      columns.map(({ name, type }) => ({
        component,
        field: name.slice(prefix.length + 2),
        name,
        type,
      })),
    );
    fields.set(signature, known);
  }
  return known;
}

/** Living rows from their ids and the components' columns. */
export function stateFrame(
  signature: Signature,
  ids: Int32Array,
  columns: readonly Column[],
): Frame {
  const entities = columnOf(types.i32, ids.length, ids);
  return new Frame(signature.state, [entities, ...columns], ids.length);
}

export const idsOf = (frame: Frame): Int32Array => frame.columns[0]!.data as Int32Array;

/** The same rows in ascending `entity_id`, which is the first column. */
export function byEntity(frame: Frame): Frame {
  const ids = idsOf(frame);
  for (let row = 1; row < ids.length; row++) {
    if (ids[row - 1]! >= ids[row]!) return frame.take(entityOrder(frame.columns[0]!));
  }
  return frame;
}

/** Rows that a key has room for beside an id. */
const MAX_PACKED = 2 ** 22;

/** The rows of a column of ids in ascending order, equal ones in theirs. */
export function entityOrder(entities: Column): Int32Array {
  const order = radixOrder(entities, false);
  if (order !== undefined) return order;
  // Few rows: keys of id and row, which sort without calling back.
  const ids = entities.data as Int32Array;
  const keys = new Float64Array(ids.length);
  for (let row = 0; row < ids.length; row++) keys[row] = ids[row]! * MAX_PACKED + row;
  keys.sort();
  const rows = new Int32Array(ids.length);
  for (let row = 0; row < ids.length; row++) rows[row] = keys[row]! % MAX_PACKED;
  return rows;
}

/** Tables in the one order in which everything walks over them. */
export function sortTables<T>(tables: ReadonlyMap<TableId, T>): Map<TableId, T> {
  if (tables.size < 2) return new Map(tables);
  return new Map([...tables].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
