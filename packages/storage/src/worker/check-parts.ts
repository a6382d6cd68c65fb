import { types } from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { PlacedRows } from '../catalog/part-tables.ts';
import type { StoredSpan } from '../spans/entity-order.ts';
import { tickField } from '../spans/read-spans.ts';
import { spanEntities } from '../spans/span-entities.ts';
import type { PartId, Slice, TableStore } from '../table-store.ts';

/** Something wrong with a part, as a sentence. */
export interface PartProblem {
  readonly part: PartId;
  readonly problem: string;
}

/** Holds every listed part against what the catalog says of it: files, digests, and how many rows each tick has where. */
export async function checkParts(
  catalog: Catalog,
  tables: TableStore,
): Promise<{ readonly parts: number; readonly problems: readonly PartProblem[] }> {
  const problems: PartProblem[] = [];
  const listed = catalog.partFiles();
  const placed = Map.groupBy(
    catalog.placedIn(listed.map(({ part }) => part)),
    ({ span }) => span.part,
  );
  for (const { part, rows, files } of listed) {
    const found = [...(await tables.check(part, files))];
    if (found.length === 0)
      found.push(
        ...(await checkRows(tables, part, rows, placed.get(part) ?? [], catalog.spansOf(part))),
      );
    for (const problem of found) problems.push({ part, problem });
  }
  return { parts: listed.length, problems };
}

async function checkRows(
  tables: TableStore,
  part: PartId,
  rows: number,
  placed: readonly PlacedRows[],
  spans: readonly StoredSpan[],
): Promise<readonly string[]> {
  const tickOf = new Int32Array(rows);
  const idOf = new Int32Array(rows);
  const columns = [tickField, { name: 'entity_id', type: types.i32 }];
  let counted = 0;
  try {
    for await (const frame of tables.scan([{ part, offset: 0, rows }], columns)) {
      if (counted + frame.numRows <= rows) {
        const [ticks, ids] = frame.columns.map(({ data }) => data as Int32Array);
        tickOf.set(ticks!.subarray(0, frame.numRows), counted);
        idOf.set(ids!.subarray(0, frame.numRows), counted);
      }
      counted += frame.numRows;
    }
  } catch (error) {
    return [`has unreadable rows (${error instanceof Error ? error.message : String(error)}).`];
  }
  if (counted !== rows) return [`has ${counted} rows where ${rows} were written.`];
  return [...misplaced(tickOf, placed), ...astray(idOf, spans)];
}

/** Spans that have other entities than the catalog says, or as many rows of them in another place. */
function* astray(idOf: Int32Array, spans: readonly StoredSpan[]): Generator<string> {
  for (const [k, { offset, entities }] of spans.entries()) {
    const end = spans[k + 1]?.offset ?? idOf.length;
    if (Buffer.compare(spanEntities(idOf.subarray(offset, end)), entities) === 0) continue;
    yield `has other entities in its rows ${offset} to ${end} than is said of that span.`;
  }
}

/** Ticks whose span has more or fewer rows of theirs than the catalog says. */
function* misplaced(tickOf: Int32Array, placed: readonly PlacedRows[]): Generator<string> {
  let counts: ReadonlyMap<number, number> = new Map();
  let last: Slice | undefined;
  for (const { run, tick, rows, span } of placed) {
    const { offset } = span;
    const end = offset + span.rows;
    if (last?.offset !== offset || last.rows !== span.rows) {
      counts = countEach(tickOf.subarray(offset, end));
      last = span;
    }
    const has = counts.get(tick) ?? 0;
    if (has === rows) continue;
    yield `is said to hold ${rows} rows of run ${run} at tick ${tick} among its rows ${offset} to ${end}, and has ${has}.`;
  }
}

function countEach(values: Int32Array): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
