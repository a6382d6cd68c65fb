import { columnOf, constant } from '../column/columns.ts';
import { Frame } from '../frame/frame.ts';
import { types } from '../schema/column-type.ts';
import type { Registry } from '../schema/registry.ts';
import type { Signature, TableId } from '../schema/signature.ts';
import type { TableCommit } from '../state/commit.ts';
import { rowOf, type Table } from '../state/snapshot.ts';
import { birthRows, byEntity, type Births } from './births.ts';
import type { LivingTables } from './tables.ts';
import { sortTables } from './tables.ts';

/** What a tick writes, and the state it leaves. */
export interface Stamped {
  readonly commits: readonly TableCommit[];
  readonly tables: ReadonlyMap<TableId, Table>;
}

/**
 * Adds births, marks those who left, and names tables that did not change. A tombstone is left in a table by an entity
 * that was in it at the last tick and is not any more; it carries the values computed in this tick, or its last ones when
 * it left before processors ran.
 */
export function stamp(
  tick: number,
  before: ReadonlyMap<TableId, Table>,
  executed: LivingTables,
  settled: LivingTables,
  births: Births,
  registry: Registry,
): Stamped {
  const born = birthRows(births, registry);
  const commits: TableCommit[] = [];
  const tables = new Map<TableId, Table>();
  const signatures = new Map<TableId, Signature>();
  for (const source of [before, settled, born]) {
    for (const [table, { signature }] of source) signatures.set(table, signature);
  }
  for (const [table, signature] of sortTables(signatures)) {
    const living = join(signature, settled.get(table)?.frame, born.get(table)?.frame);
    const last = before.get(table);
    if (last?.since !== undefined && living !== undefined && sameColumns(last.frame, living)) {
      commits.push({ signature, sameAs: last.since });
      tables.set(table, last);
      continue;
    }
    const dead = tombstones(last?.frame, living, executed.get(table)?.frame);
    const rows = storedRows(signature, living, dead);
    if (rows.numRows > 0) commits.push({ signature, rows });
    if (living !== undefined) {
      tables.set(table, { signature, frame: living, since: dead === undefined ? tick : undefined });
    }
  }
  return { commits, tables };
}

function join(signature: Signature, ...parts: readonly (Frame | undefined)[]): Frame | undefined {
  const frames = parts.filter((part) => part !== undefined && part.numRows > 0) as Frame[];
  if (frames.length < 2) return frames[0];
  return byEntity(Frame.concat(signature.state, frames));
}

const sameColumns = (a: Frame, b: Frame): boolean =>
  a === b || (a.numRows === b.numRows && a.columns.every((column, k) => column === b.columns[k]));

function tombstones(
  before: Frame | undefined,
  living: Frame | undefined,
  executed: Frame | undefined,
): Frame | undefined {
  if (before === undefined || living?.columns[0] === before.columns[0]) return undefined;
  const ids = before.columns[0]!.data as Int32Array;
  const computed: number[] = [];
  const last: number[] = [];
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!;
    if (living !== undefined && rowOf(living, id) >= 0) continue;
    const at = executed === undefined ? -1 : rowOf(executed, id);
    if (at >= 0) computed.push(at);
    else last.push(row);
  }
  if (computed.length + last.length === 0) return undefined;
  return Frame.concat(before.schema, [
    before.take(Int32Array.from(last)),
    ...(executed === undefined ? [] : [executed.take(Int32Array.from(computed))]),
  ]);
}

/** Living rows and tombstones as a commit carries them. */
function storedRows(
  signature: Signature,
  living: Frame | undefined,
  dead: Frame | undefined,
): Frame {
  const parts = [living, dead].filter((part) => part !== undefined);
  const all = Frame.concat(signature.state, parts);
  const n = all.numRows;
  const active =
    dead === undefined
      ? constant(types.bool, n, true)
      : columnOf(
          types.bool,
          n,
          Uint8Array.from({ length: n }, (_, row) => (row < n - dead.numRows ? 1 : 0)),
        );
  const stored = new Frame(signature.stored, [all.columns[0]!, active, ...all.columns.slice(1)], n);
  return dead === undefined ? stored : byEntity(stored);
}
