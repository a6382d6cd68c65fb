import {
  Frame,
  types,
  type Field,
  type NearestRows,
  type Schema,
  type Signature,
} from '@archetype/core';
import type { PartId, RowFilter, Slice, TableStore } from '../table-store.ts';
import type { PlacedTable, PlacedTick } from './places.ts';

/** Rows read from parts at a time, so that a long history never is in memory as a whole. */
const BATCH_ROWS = 131_072;
/** … and when the table store is asked for some rows of them only. */
const FILTERED_BATCH_ROWS = 64 * BATCH_ROWS;
/** Below this many rows, reading them all is as fast as looking some of them up. */
export const LOOK_UP_ROWS = 16_384;

export const head: readonly Field[] = [
  { name: 'entity_id', type: types.i32 },
  { name: 'is_active', type: types.bool },
];
export const tickField: Field = { name: 'tick', type: types.i32 };

/** What to read of tables. */
export interface ReadPlan {
  readonly columns: (signature: Signature) => Schema;
  /** Rows that are not needed; those of a table in memory come all the same. */
  readonly filter?: (signature: Signature) => Pick<RowFilter, 'entities' | 'where'> | undefined;
  /** Only the nearest of the living rows are needed. */
  readonly nearest?: NearestRows | undefined;
}

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
  plan: ReadPlan,
  tables: () => Promise<TableStore>,
): AsyncGenerator<ReadTick> {
  const whole = plan.filter === undefined && plan.nearest === undefined;
  for (const batch of batches(ticks, whole ? BATCH_ROWS : FILTERED_BATCH_ROWS)) {
    const fromParts = await readSlices(batch, plan, tables);
    for (const place of batch) {
      const read = place.tables.map((table) => ({
        signature: table.signature,
        rows:
          'rows' in table.source ? table.source.rows : fromParts.get(keyOf(table.source.slice))!,
      }));
      yield { place, tables: read };
    }
  }
}

/** Rows that several ticks have, because nothing changed, are read once. */
const keyOf = ({ part, offset }: Slice): string => `${part} ${offset}`;

function* batches(ticks: readonly PlacedTick[], most: number): Generator<readonly PlacedTick[]> {
  let batch: PlacedTick[] = [];
  let seen = new Set<string>();
  let rows = 0;
  for (const tick of ticks) {
    batch.push(tick);
    for (const { source } of tick.tables) {
      if (!('slice' in source) || seen.has(keyOf(source.slice))) continue;
      seen.add(keyOf(source.slice));
      rows += source.slice.rows;
    }
    if (rows < most) continue;
    yield batch;
    batch = [];
    seen = new Set();
    rows = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Slices of one part, of tables of one schema, ascending. */
interface PartRead {
  readonly part: PartId;
  readonly signature: Signature;
  readonly run: string;
  readonly slices: Slice[];
  readonly since: number[];
  rows: number;
}

async function readSlices(
  batch: readonly PlacedTick[],
  plan: ReadPlan,
  open: () => Promise<TableStore>,
): Promise<ReadonlyMap<string, Frame>> {
  const reads = new Map<string, PartRead>();
  const seen = new Set<string>();
  for (const { tables } of batch) {
    for (const { signature, source, run, since } of tables) {
      if (!('slice' in source) || seen.has(keyOf(source.slice))) continue;
      const { slice } = source;
      seen.add(keyOf(slice));
      const key = `${slice.part} ${run}`;
      const read = reads.get(key) ?? {
        part: slice.part,
        signature,
        run,
        slices: [],
        since: [],
        rows: 0,
      };
      reads.set(key, read);
      read.slices.push(slice);
      read.since.push(since);
      read.rows += slice.rows;
    }
  }
  const result = new Map<string, Frame>();
  if (reads.size === 0) return result;
  const tables = await open();
  for (const read of reads.values()) {
    const filter = plan.filter?.(read.signature);
    const wanted = [...head, ...plan.columns(read.signature)];
    const some = lookUp(tables, read, [...wanted, tickField], filter, plan.nearest);
    const frames =
      some === undefined
        ? await readAll(tables, read, wanted)
        : await sortOut(some, read, [...wanted, tickField]);
    read.slices.forEach((slice, k) => result.set(keyOf(slice), frames[k]!));
  }
  return result;
}

async function readAll(
  tables: TableStore,
  { slices }: PartRead,
  schema: Schema,
): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of tables.scan(mergeSlices(slices), schema)) frames.push(frame);
  const all = Frame.concat(schema, frames);
  let row = 0;
  return slices.map(({ rows }) => all.slice(row, (row += rows)));
}

/** The rows that are needed, if the table store can find them and reading them all would be slower. */
function lookUp(
  tables: TableStore,
  { part, run, slices, since, rows }: PartRead,
  columns: Schema,
  some: Pick<RowFilter, 'entities' | 'where'> | undefined,
  nearest: NearestRows | undefined,
): AsyncIterable<Frame> | undefined {
  if (rows < LOOK_UP_ROWS) return undefined;
  const filter = { ...some, of: { run, ...boundsOf(since) } };
  if (
    nearest !== undefined &&
    filter.where === undefined &&
    // Rows of an older definition may lack the column, and get its default later.
    columns.some(({ name }) => name === nearest.column) &&
    // Between slices lie rows of ticks that are no longer kept, which might be nearer than all that are.
    mergeSlices(slices).length === 1
  )
    return tables.nearest?.(part, columns, { ...nearest, filter });
  if (filter.entities === undefined && filter.where === undefined) return undefined;
  return tables.find?.(part, columns, filter);
}

/** Rows by the tick that wrote them, in the order in which they come. */
async function sortOut(
  some: AsyncIterable<Frame>,
  { slices, since }: PartRead,
  columns: Schema,
): Promise<readonly Frame[]> {
  const all: Frame[] = [];
  for await (const frame of some) all.push(frame);
  const found = Frame.concat(columns, all);
  const tickOf = found.at('tick').data as Int32Array;
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < found.numRows; row++) {
    const rows = rowsOf.get(tickOf[row]!);
    if (rows === undefined) rowsOf.set(tickOf[row]!, [row]);
    else rows.push(row);
  }
  const plain = found.pick(columns.slice(0, -1).map(({ name }) => name));
  return slices.map((_, k) => {
    const rows = rowsOf.get(since[k]!) ?? [];
    const contiguous = (rows.at(-1) ?? 0) - (rows[0] ?? 0) === Math.max(rows.length - 1, 0);
    if (contiguous) return plain.slice(rows[0] ?? 0, (rows[0] ?? 0) + rows.length);
    return plain.take(Int32Array.from(rows));
  });
}

/** Ticks ascend but where a table is as at an earlier one. */
function boundsOf(ticks: readonly number[]): { readonly from: number; readonly to: number } {
  let [from, to] = [Infinity, -Infinity];
  for (const tick of ticks) {
    from = Math.min(from, tick);
    to = Math.max(to, tick);
  }
  return { from, to };
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
