import type { Column, Pending } from '../column/column.ts';
import { columnOf, constant, deferred } from '../column/columns.ts';
import { Frame } from '../frame/frame.ts';
import { types } from '../schema/column-type.ts';
import type { Signature, TableId } from '../schema/signature.ts';
import type { TableCommit } from '../state/commit.ts';
import { searchRow } from '../state/directory.ts';
import type { Table } from '../state/snapshot.ts';
import { byEntity, idsOf, sortTables, type LivingTables } from './living.ts';
import type { Change } from './change.ts';
import { runsOf, spliceFrames, type Applied } from './tables.ts';

/** What a tick writes, and the state it leaves. */
export interface Stamped {
  readonly commits: readonly TableCommit[];
  readonly tables: ReadonlyMap<TableId, Table>;
}

/**
 * Marks those who left, and names tables that did not change. A tombstone is left in a table by an entity that was in it at
 * the last tick and is not any more; it carries the values computed in this tick, or its last ones when it left before
 * processors ran.
 */
export function stamp(
  tick: number,
  before: ReadonlyMap<TableId, Table>,
  executed: LivingTables,
  settled: LivingTables,
  early: Applied['left'],
  late: Applied['left'],
): Stamped {
  const commits: TableCommit[] = [];
  const tables = new Map<TableId, Table>();
  for (const [table, { signature }] of allTables(before, settled)) {
    const living = settled.get(table)?.frame;
    const last = before.get(table);
    if (last?.since !== undefined && living !== undefined && sameColumns(last.frame, living)) {
      commits.push({ signature, sameAs: last.since });
      tables.set(table, last);
      continue;
    }
    const dead = tombstones(
      { before: early.get(table) ?? [], after: late.get(table) ?? [] },
      last?.frame,
      executed.get(table)?.frame,
      living,
    );
    commits.push({ signature, rows: storedRows(signature, living, dead) });
    if (living !== undefined) {
      tables.set(table, { signature, frame: living, since: dead === undefined ? tick : undefined });
    }
  }
  return { commits, tables };
}

/** Tables of both states, in their order. Mostly they are the same ones, and sorted already. */
function allTables(before: LivingTables, after: LivingTables): LivingTables {
  let same = before.size === after.size;
  let last = '';
  for (const table of after.keys()) {
    same &&= table > last && before.has(table);
    last = table;
  }
  return same ? after : sortTables(new Map([...before, ...after]));
}

const sameColumns = (a: Frame, b: Frame): boolean =>
  a === b || (a.numRows === b.numRows && a.columns.every((column, k) => column === b.columns[k]));

/** Last rows of those who were in the table at the last tick, and are not any more; undefined when there are none. */
function tombstones(
  left: { readonly before: readonly Change[]; readonly after: readonly Change[] },
  last: Frame | undefined,
  executed: Frame | undefined,
  living: Frame | undefined,
): Frame | undefined {
  if (last === undefined || left.before.length + left.after.length === 0) return undefined;
  const [lastIds, livingIds] = [idsOf(last), living && idsOf(living)];
  // Who left before processors ran may have come back since; who left after them may have come only then.
  const early = left.before
    .filter(({ entity }) => livingIds === undefined || searchRow(livingIds, entity) < 0)
    .map(({ row }) => row);
  const sameRows = executed?.columns[0] === last.columns[0];
  const late = left.after
    .filter(({ entity }) => sameRows || searchRow(lastIds, entity) >= 0)
    .map(({ row }) => row);
  if (early.length + late.length === 0) return undefined;
  return byEntity(
    Frame.concat(last.schema, [
      last.take(Int32Array.from(early)),
      ...(late.length === 0 ? [] : [executed!.take(Int32Array.from(late))]),
    ]),
  );
}

/** Living rows and tombstones as a commit carries them. */
function storedRows(
  signature: Signature,
  living: Frame | undefined,
  dead: Frame | undefined,
): Frame {
  if (living !== undefined && dead !== undefined)
    return new MergedRows(signature, living, dead).frame;
  const rows = (living ?? dead)!;
  const [ids, ...columns] = rows.columns;
  const active =
    dead === undefined
      ? allActive(signature, rows.numRows)
      : constant(types.bool, rows.numRows, false);
  return new Frame(signature.stored, [ids!, active, ...columns], rows.numRows);
}

const actives = new WeakMap<Signature, Column>();

/** `is_active` of so many living rows: mostly as many as at the last tick, and ticks that are kept share it. */
function allActive(signature: Signature, n: number): Column {
  let active = actives.get(signature);
  if (active?.length !== n) actives.set(signature, (active = constant(types.bool, n, true)));
  return active;
}

/** Rows of the living and the dead in ascending entity, put together when someone reads them: a store may never. */
class MergedRows implements Pending {
  readonly frame: Frame;
  readonly #living: Frame;
  readonly #dead: Frame;

  constructor({ stored }: Signature, living: Frame, dead: Frame) {
    this.#living = living;
    this.#dead = dead;
    const n = living.numRows + dead.numRows;
    this.frame = new Frame(
      stored,
      stored.map(({ type }) => deferred(type, n, this)),
      n,
    );
  }

  compute(): void {
    const merged = runsOf(idsOf(this.#living), undefined, idsOf(this.#dead));
    const active = new Uint8Array(merged.length).fill(1);
    for (let k = 0, at = 0; k < merged.runs.length; k += 2) {
      const n = merged.runs[k + 1]!;
      if (merged.runs[k]! < 0) active.fill(0, at, at + n);
      at += n;
    }
    const [ids, ...columns] = spliceFrames(this.#living, this.#dead, merged).columns;
    const cells = [ids!, columnOf(types.bool, merged.length, active), ...columns];
    this.frame.columns.forEach((column, k) => column.fill(cells[k]!));
  }
}
