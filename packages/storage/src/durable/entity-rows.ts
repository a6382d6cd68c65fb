import {
  ArchetypeError,
  assembleTicks,
  columnOf,
  Frame,
  scanSchema,
  type ScanQuery,
} from '@archetype/core';
import { availableParallelism } from 'node:os';
import { tickField } from '../spans/read-spans.ts';
import type { PartId, TableStore } from '../table-store.ts';
import { columnsApart, withActive } from './active.ts';
import type { EntityPart, EntityPiece } from './entity-cut.ts';
import { head, type ReadPlan } from './read-ticks.ts';
import type { View } from './view.ts';

/** A request costs an engine about as much as reading so many ranges. */
const FEWEST_RANGES = 32;

/** What a query sees of the rows that its entities have in the parts of one run, in ascending tick and entity. */
export async function entityRows(
  { catalog, tables }: View,
  piece: EntityPiece,
  plan: ReadPlan,
  query: ScanQuery,
): Promise<Frame> {
  const schema = scanSchema(query);
  if (piece.parts.length === 0) return Frame.concat(schema, []);
  const store = await tables();
  // Engines answer each request on one core: several together use all of them.
  const frames = await Promise.all(
    requestsOf(inTableOrder(piece.parts)).map(async (part) => {
      const rows = await partRows(store, part, plan, catalog.allActive(part.part));
      return assembleTicks(piece, rows, query, schema);
    }),
  );
  return inTickOrder(Frame.concat(schema, frames));
}

/** Of an entity that moves, the tick of the move has rows in two tables: in their order, as everywhere. */
const inTableOrder = (parts: readonly EntityPart[]): readonly EntityPart[] =>
  parts.toSorted((a, b) => order(a.signature.table, b.signature.table));
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The parts, cut so that every core has about as many ranges to read. */
function requestsOf(parts: readonly EntityPart[]): readonly EntityPart[] {
  const ranges = parts.reduce((sum, part) => sum + part.ranges.length, 0);
  const most = Math.max(FEWEST_RANGES, Math.ceil(ranges / availableParallelism()));
  return parts.flatMap((part) =>
    Array.from({ length: Math.ceil(part.ranges.length / most) }, (_, k) => ({
      ...part,
      ranges: part.ranges.slice(k * most, (k + 1) * most),
    })),
  );
}

async function partRows(
  store: TableStore,
  { part, signature, ranges }: EntityPart,
  plan: ReadPlan,
  allActive: boolean,
): Promise<Frame> {
  const ticks = knownTicks(ranges);
  const wanted = [...head, ...plan.columns(signature), ...(ticks === undefined ? [tickField] : [])];
  const columns = columnsApart(wanted, allActive);
  const frames: Frame[] = [];
  const asked =
    store.take?.(part, columns, ranges) ??
    store.scan(
      ranges.map(({ offset, rows }) => ({ part, offset, rows })),
      columns,
    );
  for await (const frame of asked) frames.push(frame);
  const stored = withActive(Frame.concat(columns, frames), wanted);
  const all = ticks === undefined ? stored : withTicks(stored, ticks);
  const tickOf = all.at(tickField.name).data as Int32Array;
  const idOf = all.at('entity_id').data as Int32Array;
  const kept = new Int32Array(all.numRows);
  let [row, count] = [0, 0];
  for (const { entity, rows: length, wants } of ranges) {
    for (const end = row + length; row < end; row++) {
      if (idOf[row] !== entity) throw astray(part, entity, idOf[row]);
      if (wants(tickOf[row]!)) kept[count++] = row;
    }
  }
  return count === all.numRows ? all : all.take(kept.subarray(0, count));
}

/** The tick of each row, where the catalog says it. */
function knownTicks(ranges: EntityPart['ranges']): Int32Array | undefined {
  const ticks = new Int32Array(ranges.reduce((sum, { rows }) => sum + rows, 0));
  let row = 0;
  for (const { rows, firstTick } of ranges) {
    if (firstTick === undefined) return undefined;
    for (let k = 0; k < rows; k++) ticks[row++] = firstTick + k;
  }
  return ticks;
}

const withTicks = (rows: Frame, ticks: Int32Array): Frame =>
  rows.replace(new Map([[tickField.name, columnOf(tickField.type, ticks.length, ticks)]]));

const astray = (part: PartId, entity: number, found: number | undefined): ArchetypeError =>
  new ArchetypeError(
    'part_damaged',
    `Part ${part} gave a row of entity ${found} where one of entity ${entity} was written; restore it from a backup.`,
  );

function inTickOrder(rows: Frame): Frame {
  const tickOf = rows.at(tickField.name).data as Int32Array;
  const idOf = rows.at('entity_id').data as Int32Array;
  for (let row = 1; row < rows.numRows; row++) {
    const ticks = tickOf[row]! - tickOf[row - 1]!;
    if (ticks > 0 || (ticks === 0 && idOf[row]! > idOf[row - 1]!)) continue;
    return rows.sort('entity_id').sort('tick');
  }
  return rows;
}
