import { Frame, types, type Field, type Schema } from '@archetype/core';
import type { Slice, TableStore } from '../table-store.ts';
import type { PlacedTable, PlacedTick } from './places.ts';

/** Rows read from parts at a time, so that a long history never is in memory as a whole. */
const BATCH_ROWS = 131_072;

const head: readonly Field[] = [
  { name: 'entity_id', type: types.i32 },
  { name: 'is_active', type: types.bool },
];

export interface ReadTick {
  readonly place: PlacedTick;
  readonly tables: readonly {
    readonly signature: PlacedTable['signature'];
    readonly rows: Frame;
  }[];
}

/** The rows of placed ticks, with `entity_id`, `is_active` and the columns asked for; one request per part and batch. */
export async function* readTicks(
  ticks: readonly PlacedTick[],
  columns: (table: PlacedTable) => Schema,
  tables: () => Promise<TableStore>,
): AsyncGenerator<ReadTick> {
  for (const batch of batches(ticks)) {
    const fromParts = await readSlices(batch, columns, tables);
    for (const place of batch) {
      const read = place.tables.map((table) => ({
        signature: table.signature,
        rows: 'rows' in table.source ? table.source.rows : fromParts.get(table.source.slice)!,
      }));
      yield { place, tables: read };
    }
  }
}

function* batches(ticks: readonly PlacedTick[]): Generator<readonly PlacedTick[]> {
  let batch: PlacedTick[] = [];
  let rows = 0;
  for (const tick of ticks) {
    batch.push(tick);
    for (const { source } of tick.tables) if ('slice' in source) rows += source.slice.rows;
    if (rows < BATCH_ROWS) continue;
    yield batch;
    batch = [];
    rows = 0;
  }
  if (batch.length > 0) yield batch;
}

async function readSlices(
  batch: readonly PlacedTick[],
  columns: (table: PlacedTable) => Schema,
  tables: () => Promise<TableStore>,
): Promise<ReadonlyMap<Slice, Frame>> {
  const bySchema = new Map<string, { readonly schema: Schema; readonly slices: Slice[] }>();
  for (const table of batch.flatMap((tick) => tick.tables)) {
    if (!('slice' in table.source)) continue;
    const group = bySchema.get(table.signature.schema) ?? {
      schema: [...head, ...columns(table)],
      slices: [],
    };
    bySchema.set(table.signature.schema, group);
    group.slices.push(table.source.slice);
  }
  const result = new Map<Slice, Frame>();
  for (const { schema, slices } of bySchema.values()) {
    const merged = mergeSlices(slices);
    const frames: Frame[] = [];
    for await (const frame of (await tables()).scan(merged, schema)) frames.push(frame);
    const all = Frame.concat(schema, frames);
    let row = 0;
    for (const slice of slices) {
      result.set(slice, all.slice(row, row + slice.rows));
      row += slice.rows;
    }
  }
  return result;
}

/** Slices that follow each other in one part become one. */
function mergeSlices(slices: readonly Slice[]): readonly Slice[] {
  const merged: Slice[] = [];
  for (const slice of slices) {
    const last = merged.at(-1);
    if (last?.part === slice.part && last.offset + last.rows === slice.offset) {
      merged[merged.length - 1] = { ...last, rows: last.rows + slice.rows };
    } else merged.push(slice);
  }
  return merged;
}
