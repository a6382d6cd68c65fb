import { scatter, splice } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { Frame } from '../frame/frame.ts';
import type { Signature, TableId } from '../schema/signature.ts';
import { columnOfCells } from './birth.ts';
import type { Change } from './change.ts';
import {
  byEntity,
  fieldsOf,
  idsOf,
  sortTables,
  stateFrame,
  type LivingTable,
  type LivingTables,
  type StateField,
} from './living.ts';

/** What happens to one table. */
interface Edit {
  readonly signature: Signature;
  readonly leaving: Change[];
  readonly arriving: Change[];
  readonly staying: Change[];
}

/** Tables after changes, and who left each of them, dead or to another. */
export interface Applied {
  readonly tables: LivingTables;
  readonly left: ReadonlyMap<TableId, readonly Change[]>;
}

const noneLeft: Applied['left'] = new Map();

/**
 * Applies what happens to living entities: deaths, moves between tables, cells given to those who stay; and adds who is
 * born. Tables that nothing happens to stay the same objects; of the others, columns that nothing happens to do.
 */
export function applyChanges(
  tables: LivingTables,
  changes: ReadonlyMap<number, Change>,
  born: LivingTables,
): Applied {
  if (changes.size + born.size === 0) return { tables, left: noneLeft };
  const edits = new Map<TableId, Edit>();
  const editOf = (signature: Signature): Edit => {
    let edit = edits.get(signature.table);
    if (edit === undefined) {
      edit = { signature, leaving: [], arriving: [], staying: [] };
      edits.set(signature.table, edit);
    }
    return edit;
  };
  for (const { signature } of born.values()) editOf(signature);
  for (const change of changes.values()) {
    const { signature } = change.home!;
    if (!change.dead && change.after.table === signature.table) {
      editOf(signature).staying.push(change);
      continue;
    }
    editOf(signature).leaving.push(change);
    if (!change.dead) editOf(change.after).arriving.push(change);
  }
  const left = new Map<TableId, readonly Change[]>();
  const result = new Map(tables);
  for (const [table, edit] of edits) {
    if (edit.leaving.length > 0) left.set(table, edit.leaving);
    const before = tables.get(table);
    const { signature } = before ?? edit;
    const frame = applyEdit(before?.frame, { ...edit, signature }, born.get(table)?.frame);
    if (frame.numRows === 0) result.delete(table);
    else result.set(table, { signature, frame });
  }
  return { tables: sortTables(result), left };
}

function applyEdit(frame: Frame | undefined, edit: Edit, born: Frame | undefined): Frame {
  const { signature, leaving, arriving, staying } = edit;
  const before = frame === undefined ? undefined : patched(frame, signature, staying);
  const added = arrivals(signature, arriving, born);
  if (before === undefined) return added!;
  if (leaving.length === 0 && added === undefined) return before;
  const [ids, last] = [idsOf(before), before.numRows - 1];
  if (leaving.length === 0 && idsOf(added!)[0]! > ids[last]!)
    return Frame.concat(signature.state, [before, added!]);
  const gone = rowsOf(leaving).toSorted();
  return spliceFrames(before, added ?? before, runsOf(ids, gone, added && idsOf(added)));
}

/** The rows in which changes find their entities. */
function rowsOf(changes: readonly Change[]): Int32Array {
  const rows = new Int32Array(changes.length);
  for (let k = 0; k < rows.length; k++) rows[k] = changes[k]!.row;
  return rows;
}

/** Cells given to entities that stay where they are. */
function patched(frame: Frame, signature: Signature, staying: readonly Change[]): Frame {
  if (staying.length === 0) return frame;
  const rows = rowsOf(staying);
  const changed = new Map<string, Column>();
  for (const field of fieldsOf(signature)) {
    const column = frame.at(field.name);
    const given = overlay(column, rows, staying, field);
    if (given !== column) changed.set(field.name, given);
  }
  return changed.size === 0 ? frame : frame.replace(changed);
}

/** `column` with the cells that changes give to `rows`. */
function overlay(
  column: Column,
  rows: Int32Array,
  changes: readonly Change[],
  { component, field, type }: StateField,
): Column {
  const cells: unknown[] = [];
  const given: number[] = [];
  changes.forEach((change, k) => {
    const cell = change.cell(component, field);
    if (cell === undefined) return;
    cells.push(cell);
    given.push(rows[k]!);
  });
  if (cells.length === 0) return column;
  return scatter(type, column, Int32Array.from(given), columnOfCells(type, cells));
}

/** Those who move in from other tables, and those who are born, in ascending `entity_id`. */
function arrivals(
  signature: Signature,
  arriving: readonly Change[],
  born: Frame | undefined,
): Frame | undefined {
  const frames = [...Map.groupBy(arriving, ({ home }) => home!)].map(([home, moved]) =>
    movedRows(signature, home, moved),
  );
  if (born !== undefined) frames.push(born);
  return frames.length === 0 ? undefined : byEntity(Frame.concat(signature.state, frames));
}

function movedRows(signature: Signature, home: LivingTable, moved: readonly Change[]): Frame {
  const rows = rowsOf(moved);
  const [all, ids] = [new Int32Array(moved.length), new Int32Array(moved.length)];
  for (let k = 0; k < moved.length; k++) {
    all[k] = k;
    ids[k] = moved[k]!.entity;
  }
  const columns = fieldsOf(signature).map((field) => {
    if (home.frame.has(field.name))
      return overlay(home.frame.at(field.name).take(rows), all, moved, field);
    return columnOfCells(
      field.type,
      moved.map((change) => change.cell(field.component, field.field)),
    );
  });
  return stateFrame(signature, ids, columns);
}

/** Some rows of two frames of one table. */
export interface Runs {
  /** As `splice` takes them. */
  readonly runs: Int32Array;
  readonly length: number;
}

export function spliceFrames(first: Frame, second: Frame, { runs, length }: Runs): Frame {
  const columns = first.schema.map(({ type }, k) =>
    splice(type, first.columns[k]!, second.columns[k]!, runs, length),
  );
  return new Frame(first.schema, columns, length);
}

const NONE = new Int32Array(0);

/** Rows of `ids` but those gone, and of `added`, in ascending id. All three ascend. */
export function runsOf(ids: Int32Array, gone: Int32Array = NONE, added: Int32Array = NONE): Runs {
  const runs: number[] = [];
  let [row, leaving, next] = [0, 0, 0];
  while (leaving < gone.length || next < added.length) {
    // Up to whichever comes first: a row that leaves, or the place of one that is added.
    const out = gone[leaving] ?? ids.length;
    const place = next < added.length ? placeOf(ids, added[next]!, row, out) : out;
    if (place > row) runs.push(row, place - row);
    row = place;
    if (row === out && leaving < gone.length) {
      leaving++;
      row++;
      continue;
    }
    const first = next;
    const before = ids[row] ?? Infinity;
    while (next < added.length && added[next]! < before) next++;
    if (next === first) throw new Error(`Entity ${before} would have two rows in one table.`);
    runs.push(~first, next - first);
  }
  if (row < ids.length) runs.push(row, ids.length - row);
  return { runs: Int32Array.from(runs), length: ids.length - gone.length + added.length };
}

/** The first row from `low` on, and before `high`, whose id is above `id`; else `high`. */
function placeOf(ids: Int32Array, id: number, low: number, high: number): number {
  let [from, step] = [low, 1];
  while (from + step < high && ids[from + step]! < id) {
    from += step;
    step *= 2;
  }
  let to = Math.min(high, from + step);
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ids[middle]! < id) from = middle + 1;
    else to = middle;
  }
  return from;
}
