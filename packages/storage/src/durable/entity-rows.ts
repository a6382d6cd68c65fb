import { ArchetypeError, assembleTicks, Frame, scanSchema, type ScanQuery } from '@archetype/core';
import { tickField } from '../spans/read-spans.ts';
import type { PartId, TableStore } from '../table-store.ts';
import { columnsApart, withActive } from './active.ts';
import type { EntityPart, EntityPiece } from './entity-cut.ts';
import { head, type ReadPlan } from './read-ticks.ts';
import type { View } from './view.ts';

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
  // Each part is a question of its own to the engine: asked together, one is decoded while the next is read.
  const frames = await Promise.all(
    piece.parts.map(async (part) => {
      const rows = await partRows(store, part, plan, catalog.allActive(part.part));
      return assembleTicks(piece, rows, query, schema);
    }),
  );
  return inTickOrder(Frame.concat(schema, frames));
}

async function partRows(
  store: TableStore,
  { part, signature, ranges }: EntityPart,
  plan: ReadPlan,
  allActive: boolean,
): Promise<Frame> {
  const wanted = [...head, ...plan.columns(signature), tickField];
  const columns = columnsApart(wanted, allActive);
  const frames: Frame[] = [];
  const asked =
    store.take?.(part, columns, ranges) ??
    store.scan(
      ranges.map(({ offset, rows }) => ({ part, offset, rows })),
      columns,
    );
  for await (const frame of asked) frames.push(frame);
  const all = withActive(Frame.concat(columns, frames), wanted);
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
