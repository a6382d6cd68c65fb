import { constant } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { Frame } from '../frame/frame.ts';
import { types, type Schema } from '../schema/column-type.ts';
import { baseColumns, type Signature } from '../schema/signature.ts';
import type { RunId, WorldId } from '../state/ids.ts';
import { project, type WantedColumn } from './project.ts';
import type { ScanQuery } from './store.ts';

/** Stored rows of one table at one tick. */
export interface TickRows {
  readonly signature: Signature;
  /** Columns `signature.stored`, or at least those of them that the query asks for. */
  readonly rows: Frame;
}

/** The columns that a scan gives. */
export const scanSchema = (query: ScanQuery): Schema => [
  ...baseColumns,
  ...query.columns.map(({ name, type }) => ({ name, type })),
];

/** What a query sees of one tick: rows of all its tables, in entity order, with the base columns. */
export function assembleTick(
  place: { readonly world: WorldId; readonly run: RunId; readonly tick: number },
  tables: readonly TickRows[],
  query: ScanQuery,
  schema: Schema,
): Frame {
  const entities = query.entities === undefined ? undefined : new Set(query.entities);
  const parts = tables
    .map(({ rows }) => keep(rows, entities, query.includeInactive ?? false))
    .filter((rows) => rows.numRows > 0);
  const wanted = [schema[2]!, schema[4]!, ...query.columns];
  const merged = inEntityOrder(parts, wanted, [...schema.slice(2, 3), ...schema.slice(4)]);
  const n = merged.numRows;
  const base: readonly Column[] = [
    constant(types.utf8, n, place.world),
    constant(types.utf8, n, place.run),
    merged.columns[0]!,
    constant(types.i32, n, place.tick),
    merged.columns[1]!,
  ];
  return new Frame(schema, [...base, ...merged.columns.slice(2)], n);
}

/**
 * What a query sees of rows that one table got in many ticks of a run, which say their tick themselves in a column `tick`;
 * they come in ascending tick and entity. No other table may have rows at those ticks.
 */
export function assembleTicks(
  place: { readonly world: WorldId; readonly run: RunId },
  rows: Frame,
  query: ScanQuery,
  schema: Schema,
): Frame {
  const entities = query.entities === undefined ? undefined : new Set(query.entities);
  const kept = keep(rows, entities, query.includeInactive ?? false);
  const n = kept.numRows;
  const base: readonly Column[] = [
    constant(types.utf8, n, place.world),
    constant(types.utf8, n, place.run),
    kept.at('entity_id'),
    kept.at('tick'),
    kept.at('is_active'),
  ];
  return new Frame(schema, [...base, ...query.columns.map((column) => project(kept, column))], n);
}

function keep(rows: Frame, entities: ReadonlySet<number> | undefined, inactive: boolean): Frame {
  const active = rows.at('is_active');
  const allActive = active.constant === true;
  if (entities === undefined && (inactive || allActive)) return rows;
  const ids = rows.at('entity_id').data as Int32Array;
  const kept: number[] = [];
  for (let row = 0; row < rows.numRows; row++) {
    if (entities !== undefined && !entities.has(ids[row]!)) continue;
    if (inactive || allActive || active.get(row) === true) kept.push(row);
  }
  return kept.length === rows.numRows ? rows : rows.take(Int32Array.from(kept));
}

function inEntityOrder(
  parts: readonly Frame[],
  wanted: readonly WantedColumn[],
  schema: Schema,
): Frame {
  const picked = parts.map(
    (part) =>
      new Frame(
        schema,
        wanted.map((column) => project(part, column)),
        part.numRows,
      ),
  );
  const all = Frame.concat(schema, picked);
  if (parts.length < 2) return all;
  const ids = all.columns[0]!.data as Int32Array;
  return all.take(Int32Array.from(ids.keys()).toSorted((a, b) => ids[a]! - ids[b]! || a - b));
}
