import { concat, fromValues } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { Frame } from '../frame/frame.ts';
import type { Registry } from '../schema/registry.ts';
import type { Signature, TableId } from '../schema/signature.ts';
import { types } from '../schema/column-type.ts';
import { rowOf } from '../state/snapshot.ts';
import type { Change } from './change.ts';

/** The living entities of one archetype inside a tick. */
export interface LivingTable {
  readonly signature: Signature;
  /** Columns `signature.state`. */
  readonly frame: Frame;
}
export type LivingTables = ReadonlyMap<TableId, LivingTable>;

interface Arrival {
  readonly entity: number;
  readonly cell: (name: string) => unknown;
}
interface Edit {
  readonly signature: Signature;
  readonly leaving: Set<number>;
  readonly arriving: Arrival[];
  readonly patches: Map<string, { readonly row: number; readonly cell: unknown }[]>;
}

/** Applies what happens to living entities: deaths, moves between tables, updated cells. One gather per column touched. */
export function applyChanges(
  tables: LivingTables,
  changes: ReadonlyMap<number, Change>,
  registry: Registry,
): LivingTables {
  if (changes.size === 0) return tables;
  const edits = new Map<TableId, Edit>();
  const editOf = (signature: Signature): Edit => {
    let edit = edits.get(signature.table);
    if (edit === undefined) {
      edit = { signature, leaving: new Set(), arriving: [], patches: new Map() };
      edits.set(signature.table, edit);
    }
    return edit;
  };
  for (const [entity, change] of changes) {
    const table = tables.get(change.before!.table)!;
    const row = rowOf(table.frame, entity);
    const after = change.after(registry);
    if (change.dead) editOf(table.signature).leaving.add(row);
    else if (after.table !== table.signature.table) {
      editOf(table.signature).leaving.add(row);
      const cell = (name: string): unknown =>
        name in change.cells ? change.cells[name] : table.frame.at(name).get(row);
      editOf(after).arriving.push({ entity, cell });
    } else {
      const { patches } = editOf(table.signature);
      for (const [name, cell] of Object.entries(change.cells)) {
        const patch = patches.get(name);
        if (patch === undefined) patches.set(name, [{ row, cell }]);
        else patch.push({ row, cell });
      }
    }
  }
  const result = new Map(tables);
  for (const edit of edits.values()) {
    const frame = applyEdit(tables.get(edit.signature.table)?.frame, edit);
    if (frame.numRows === 0) result.delete(edit.signature.table);
    else result.set(edit.signature.table, { signature: edit.signature, frame });
  }
  return sortTables(result);
}

function applyEdit(frame: Frame | undefined, edit: Edit): Frame {
  const before = frame ?? emptyState(edit.signature);
  const patched = before.replace(
    new Map([...edit.patches].map(([name, patch]) => [name, patchColumn(before.at(name), patch)])),
  );
  if (edit.leaving.size === 0 && edit.arriving.length === 0) return patched;
  const arriving = edit.arriving.toSorted((a, b) => a.entity - b.entity);
  const added = new Frame(
    edit.signature.state,
    edit.signature.state.map(({ name, type }, k) =>
      k === 0
        ? fromValues(
            types.i32,
            arriving.map(({ entity }) => entity),
          )
        : fromValues(
            type,
            arriving.map(({ cell }) => cell(name)),
          ),
    ),
    arriving.length,
  );
  const order = mergeOrder(patched, edit.leaving, added);
  return arriving.length === 0
    ? patched.take(order)
    : Frame.concat(edit.signature.state, [patched, added]).take(order);
}

/** Rows of `frame` without those leaving, and rows of `added` counted on from its end, by entity. */
function mergeOrder(frame: Frame, leaving: ReadonlySet<number>, added: Frame): Int32Array {
  const ids = frame.columns[0]!.data as Int32Array;
  const arriving = added.columns[0]!.data as Int32Array;
  const order = new Int32Array(frame.numRows - leaving.size + added.numRows);
  let at = 0;
  let next = 0;
  for (let row = 0; row < frame.numRows; row++) {
    if (leaving.has(row)) continue;
    while (next < added.numRows && arriving[next]! < ids[row]!)
      order[at++] = frame.numRows + next++;
    order[at++] = row;
  }
  while (next < added.numRows) order[at++] = frame.numRows + next++;
  return order;
}

/** The column with some cells set; a later patch of the same row wins. */
function patchColumn(
  column: Column,
  patch: readonly { readonly row: number; readonly cell: unknown }[],
): Column {
  const given = fromValues(
    column.type,
    patch.map(({ cell }) => cell),
  );
  const rows = new Int32Array(column.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  patch.forEach(({ row }, k) => {
    rows[row] = column.length + k;
  });
  return concat(column.type, [column, given]).take(rows);
}

function emptyState(signature: Signature): Frame {
  return new Frame(
    signature.state,
    signature.state.map(({ type }) => fromValues(type, [])),
    0,
  );
}

/** Tables in the one order in which everything walks over them. */
export function sortTables<T>(tables: ReadonlyMap<TableId, T>): Map<TableId, T> {
  return new Map([...tables].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
