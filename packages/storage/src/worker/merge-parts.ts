import type { Frame, Schema } from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { PartUse, PlacedRows } from '../catalog/part-tables.ts';
import { EntityOrder } from '../spans/entity-order.ts';
import { fitSpans, planSpans } from '../spans/plan-spans.ts';
import { readSpans } from '../spans/read-spans.ts';
import { isAlone } from '../spans/span-rows.ts';
import type { TableStore } from '../table-store.ts';
import { generationOf, partId, sequenceOf } from './part-id.ts';
import { PartWriter } from './part-writer.ts';

/** Which parts are worth merging. */
export interface MergeLimits {
  /** Parts are merged when there are so many of them. */
  readonly fanIn: number;
  /** Only parts of about one size are, so that a row is merged a few times and not with every flush. */
  readonly tiered: boolean;
  /** Parts of so many rows are large enough. */
  readonly maxRows: number;
  /** A part is written anew when less than this share of its rows is still needed. */
  readonly minLive: number;
}

/** Parts without spans get an index on their entities from so many rows on: at once when merged, else when there is time. */
export const INDEX_ROWS = 200_000;
/** What parts without spans are looked up by. */
export const INDEX_COLUMNS = ['entity_id'];
/** Rows read and handed on at a time. */
const BATCH_ROWS = 65_536;

/** Merges one group of parts, if there is one that is worth it; answers how many parts wait for the next, 0 if there is none. */
export async function mergeParts(
  catalog: Catalog,
  tables: TableStore,
  limits: MergeLimits,
  owner: number,
): Promise<number> {
  const group = planMerge(catalog.partUses(), limits);
  if (group === undefined) return 0;
  await rewrite(group, catalog, tables, owner);
  const left = catalog.partUses();
  return planMerge(left, limits) === undefined ? 0 : waitingParts(left, limits);
}

/**
 * Writes a group of parts anew as one, in ascending run and tick, without the rows that no tick has any more; rows of a
 * span are in order of entity. A crash before the transaction leaves a part that nobody lists; readers of the old parts
 * have them until they are swept.
 */
export async function rewrite(
  group: readonly PartUse[],
  catalog: Catalog,
  tables: TableStore,
  owner: number,
): Promise<void> {
  const old = group.map(({ part }) => part);
  const { schema } = group[0]!;
  const placed = catalog.placedIn(old);
  if (placed.length === 0) {
    catalog.replaceParts(old, undefined, [], Date.now());
    return;
  }
  const generation = Math.max(...old.map(generationOf)) + 1;
  const part = partId(Math.min(...old.map(sequenceOf)), owner, generation, schema);
  const signature = catalog.signature(schema);
  const inSpans = tables.take !== undefined && fitSpans(placed);
  const spans = inSpans ? planSpans(placed) : placed.map((tick) => [tick]);
  const moves: PlacedRows[] = [];
  let rows = 0;
  for (const ticks of spans) {
    const span = { part, offset: rows, rows: countRows(ticks) };
    for (const tick of ticks) moves.push({ ...tick, span });
    rows += span.rows;
  }
  const writer = new PartWriter(tables);
  const order = inSpans ? new EntityOrder() : undefined;
  const written = await writer.write(
    part,
    signature.row,
    rowsOf(tables, spans, signature.row, order),
  );
  const indexed = !inSpans && rows >= INDEX_ROWS && tables.index !== undefined;
  const files = indexed ? await writer.index(part, INDEX_COLUMNS) : written.files;
  const { inactive } = written;
  const merged = { part, schema, rows, files, inactive, indexed, spans: order?.spans ?? [] };
  await writer.list(() => catalog.replaceParts(old, merged, moves, Date.now()));
}

async function* rowsOf(
  tables: TableStore,
  spans: readonly (readonly PlacedRows[])[],
  schema: Schema,
  order: EntityOrder | undefined,
): AsyncGenerator<Frame> {
  let waiting: (readonly PlacedRows[])[] = [];
  let rows = 0;
  for (const [k, ticks] of spans.entries()) {
    waiting.push(ticks);
    rows += countRows(ticks);
    if (rows < BATCH_ROWS && k < spans.length - 1) continue;
    yield* rowsOfSome(tables, waiting, schema, order);
    waiting = [];
    rows = 0;
  }
}

async function* rowsOfSome(
  tables: TableStore,
  spans: readonly (readonly PlacedRows[])[],
  schema: Schema,
  order: EntityOrder | undefined,
): AsyncGenerator<Frame> {
  const ticks = spans.flat();
  if (order === undefined && ticks.every(isAlone)) {
    yield* tables.scan(
      ticks.map(({ span }) => span),
      schema,
    );
    return;
  }
  const frames = await readSpans(tables, ticks, schema);
  if (order === undefined) {
    yield* frames;
    return;
  }
  let k = 0;
  for (const span of spans) {
    yield order.rowsOf(
      schema,
      span.map(({ run, tick }) => ({ run, tick, rows: frames[k++]! })),
    );
  }
}

const countRows = (ticks: readonly { readonly rows: number }[]): number =>
  ticks.reduce((sum, { rows }) => sum + rows, 0);

/** The first group of neighbouring parts of one schema that is worth it. */
function planMerge(parts: readonly PartUse[], limits: MergeLimits): readonly PartUse[] | undefined {
  const { fanIn, tiered, maxRows, minLive } = limits;
  const wasted = parts.find(({ rows, liveRows }) => liveRows < rows * minLive);
  if (wasted !== undefined) return [wasted];
  for (const tier of fullTiers(parts, limits)) {
    const group: PartUse[] = [];
    let rows = 0;
    for (const part of tier.slice(0, tiered ? fanIn : tier.length)) {
      if (group.length > 1 && rows + part.liveRows > maxRows) break;
      group.push(part);
      rows += part.liveRows;
    }
    if (group.length > 1) return group;
  }
  return undefined;
}

/** Parts of one schema, and of about one size, of which there are enough to be merged. */
function fullTiers(
  parts: readonly PartUse[],
  { fanIn, tiered, maxRows }: MergeLimits,
): readonly (readonly PartUse[])[] {
  const small = parts.filter(({ rows }) => rows < maxRows);
  return [...Map.groupBy(small, ({ schema }) => schema).values()].flatMap((schema) =>
    [...Map.groupBy(schema, ({ rows }) => (tiered ? tierOf(rows, fanIn) : 0)).values()].filter(
      (tier) => tier.length >= fanIn,
    ),
  );
}

/** How many parts there are in groups that are worth merging, one at least. */
const waitingParts = (parts: readonly PartUse[], limits: MergeLimits): number =>
  Math.max(
    1,
    fullTiers(parts, limits).reduce((sum, tier) => sum + tier.length, 0),
  );

/** Parts whose sizes differ by less than the fan-in are of one tier. */
const tierOf = (rows: number, fanIn: number): number =>
  Math.floor(Math.log(Math.max(rows, 1)) / Math.log(fanIn));
