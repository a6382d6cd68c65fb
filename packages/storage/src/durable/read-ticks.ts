import {
  Frame,
  types,
  type Field,
  type NearestRows,
  type Schema,
  type Signature,
} from '@archetype/core';
import { neighbours, readSpans, tickField } from '../spans/read-spans.ts';
import type { SpanRows } from '../spans/span-rows.ts';
import type { PartId, RowFilter, TableStore } from '../table-store.ts';
import { columnsApart, withActive } from './active.ts';
import { nearestRows } from './nearest-rows.ts';
import type { PlacedTable, PlacedTick } from './places.ts';
import type { View } from './view.ts';

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
  view: Pick<View, 'catalog' | 'tables'>,
): AsyncGenerator<ReadTick> {
  const whole = plan.filter === undefined && plan.nearest === undefined;
  for (const batch of batches(ticks, whole ? BATCH_ROWS : FILTERED_BATCH_ROWS)) {
    const fromParts = await readSlices(batch, plan, view);
    for (const place of batch) {
      const read = place.tables.map((table) => ({
        signature: table.signature,
        rows:
          'rows' in table.source
            ? table.source.rows
            : fromParts.get(keyOf(table.source.placed, table.since))!,
      }));
      yield { place, tables: read };
    }
  }
}

/** Rows that several ticks have, because nothing changed, are read once. */
const keyOf = ({ span }: SpanRows, since: number): string => `${span.part} ${span.offset} ${since}`;

function* batches(ticks: readonly PlacedTick[], most: number): Generator<readonly PlacedTick[]> {
  let batch: PlacedTick[] = [];
  let seen = new Set<string>();
  let rows = 0;
  for (const tick of ticks) {
    batch.push(tick);
    for (const { source, since } of tick.tables) {
      if (!('placed' in source) || seen.has(keyOf(source.placed, since))) continue;
      seen.add(keyOf(source.placed, since));
      rows += source.placed.rows;
    }
    if (rows < most) continue;
    yield batch;
    batch = [];
    seen = new Set();
    rows = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Ticks of one run in one part, of tables of one schema, by when their rows were written. */
interface PartRead {
  readonly part: PartId;
  readonly signature: Signature;
  readonly run: string;
  readonly ticks: (SpanRows & { readonly tick: number })[];
  rows: number;
}

async function readSlices(
  batch: readonly PlacedTick[],
  plan: ReadPlan,
  { catalog, tables: open }: Pick<View, 'catalog' | 'tables'>,
): Promise<ReadonlyMap<string, Frame>> {
  const reads = new Map<string, PartRead>();
  const seen = new Set<string>();
  for (const { tables } of batch) {
    for (const { signature, source, run, since } of tables) {
      if (!('placed' in source) || seen.has(keyOf(source.placed, since))) continue;
      const { placed } = source;
      const { part } = placed.span;
      seen.add(keyOf(placed, since));
      const read = reads.get(`${part} ${run}`) ?? { part, signature, run, ticks: [], rows: 0 };
      reads.set(`${part} ${run}`, read);
      read.ticks.push({ ...placed, tick: since });
      read.rows += placed.rows;
    }
  }
  const result = new Map<string, Frame>();
  if (reads.size === 0) return result;
  const tables = await open();
  for (const read of reads.values()) {
    const filter = plan.filter?.(read.signature);
    const wanted = [...head, ...plan.columns(read.signature)];
    const columns = columnsApart(wanted, catalog.allActive(read.part));
    const some = lookUp(tables, read, [...columns, tickField], filter, plan.nearest);
    const frames =
      some === undefined
        ? await readSpans(tables, read.ticks, columns)
        : await sortOut(some, read, [...columns, tickField]);
    read.ticks.forEach((tick, k) =>
      result.set(keyOf(tick, tick.tick), withActive(frames[k]!, wanted)),
    );
  }
  return result;
}

/** The rows that are needed, if the table store can find them and reading them all would be slower. */
function lookUp(
  tables: TableStore,
  { part, run, ticks, rows }: PartRead,
  columns: Schema,
  some: Pick<RowFilter, 'entities' | 'where'> | undefined,
  nearest: NearestRows | undefined,
): AsyncIterable<Frame> | undefined {
  if (rows < LOOK_UP_ROWS) return undefined;
  const filter = { ...some, of: { run, ...boundsOf(ticks) } };
  if (
    nearest !== undefined &&
    filter.where === undefined &&
    // Rows of an older definition may lack the column, and get its default later.
    columns.some(({ name }) => name === nearest.column) &&
    isGapless(ticks)
  )
    return tables.nearest && nearestRows(tables, part, columns, { ...nearest, filter });
  if (filter.entities === undefined && filter.where === undefined) return undefined;
  return tables.find?.(part, columns, filter);
}

/** Rows by the tick that wrote them, in the order in which they come. */
async function sortOut(
  some: AsyncIterable<Frame>,
  { ticks }: PartRead,
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
  return ticks.map(({ tick }) => {
    const rows = rowsOf.get(tick) ?? [];
    const contiguous = (rows.at(-1) ?? 0) - (rows[0] ?? 0) === Math.max(rows.length - 1, 0);
    if (contiguous) return plain.slice(rows[0] ?? 0, (rows[0] ?? 0) + rows.length);
    return plain.take(Int32Array.from(rows));
  });
}

/**
 * Whether a part has no rows between these ticks but theirs. Those of ticks that are no longer kept might be nearer than all
 * that are.
 */
function isGapless(ticks: PartRead['ticks']): boolean {
  const { from, to } = boundsOf(ticks);
  if (ticks.length === to - from + 1) return true;
  const bySpan = Map.groupBy(ticks, ({ span }) => span.offset);
  return (
    neighbours([...bySpan.values()].map(([tick]) => tick!.span)).length === 1 &&
    [...bySpan.values()].every(
      (some) => some.reduce((n, { rows }) => n + rows, 0) === some[0]!.span.rows,
    )
  );
}

/** Ticks ascend but where a table is as at an earlier one. */
function boundsOf(ticks: PartRead['ticks']): { readonly from: number; readonly to: number } {
  let [from, to] = [Infinity, -Infinity];
  for (const { tick } of ticks) {
    from = Math.min(from, tick);
    to = Math.max(to, tick);
  }
  return { from, to };
}
