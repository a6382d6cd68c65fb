import { types, type Schema } from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { PlacedRows } from '../catalog/part-tables.ts';
import type { StoredSpan } from '../spans/entity-order.ts';
import { tickField } from '../spans/read-spans.ts';
import { countInactive } from './part-writer.ts';
import { spanEntities } from '../spans/span-entities.ts';
import type { PartId, Slice, TableStore } from '../table-store.ts';

const head: Schema = [
  { name: 'entity_id', type: types.i32 },
  { name: 'is_active', type: types.bool },
];

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
  for (const { part, rows, files, inactive } of listed) {
    const found = [...(await tables.check(part, files))];
    if (found.length === 0) {
      const said = {
        part,
        rows,
        inactive,
        placed: placed.get(part) ?? [],
        spans: catalog.spansOf(part),
      };
      found.push(...(await checkRows(tables, said)));
    }
    for (const problem of found) problems.push({ part, problem });
  }
  return { parts: listed.length, problems };
}

/** What the catalog says of a part's rows. */
interface SaidRows {
  readonly part: PartId;
  readonly rows: number;
  readonly inactive: number | null;
  readonly placed: readonly PlacedRows[];
  readonly spans: readonly StoredSpan[];
}

async function checkRows(
  tables: TableStore,
  { part, rows, inactive, placed, spans }: SaidRows,
): Promise<readonly string[]> {
  const tickOf = new Int32Array(rows);
  const idOf = new Int32Array(rows);
  let [counted, dead] = [0, 0];
  try {
    for await (const frame of tables.scan([{ part, offset: 0, rows }], [...head, tickField])) {
      if (counted + frame.numRows <= rows) {
        const [ids, ticks] = ['entity_id', tickField.name].map(
          (name) => frame.at(name).data as Int32Array,
        );
        tickOf.set(ticks!.subarray(0, frame.numRows), counted);
        idOf.set(ids!.subarray(0, frame.numRows), counted);
      }
      counted += frame.numRows;
      dead += countInactive(frame.at('is_active'));
    }
  } catch (error) {
    return [`has unreadable rows (${error instanceof Error ? error.message : String(error)}).`];
  }
  if (counted !== rows) return [`has ${counted} rows where ${rows} were written.`];
  const problems = [
    ...misplaced(tickOf, placed),
    ...astray(idOf, spans),
    ...untold(tickOf, idOf, spans),
  ];
  if (inactive !== null && inactive !== dead)
    problems.push(`has ${dead} rows of entities that do not live where ${inactive} were written.`);
  return problems;
}

/** Spans that have other entities than the catalog says, or as many rows of them in another place. */
function* astray(idOf: Int32Array, spans: readonly StoredSpan[]): Generator<string> {
  for (const [k, { offset, entities }] of spans.entries()) {
    const end = spans[k + 1]?.offset ?? idOf.length;
    if (Buffer.compare(spanEntities(idOf.subarray(offset, end)), entities) === 0) continue;
    yield `has other entities in its rows ${offset} to ${end} than is said of that span.`;
  }
}

/** Spans whose entities' rows are not in ascending tick, or not of its ticks: the catalog tells which tick each of them is of. */
function* untold(
  tickOf: Int32Array,
  idOf: Int32Array,
  spans: readonly StoredSpan[],
): Generator<string> {
  for (const [k, { offset, firstTick, lastTick }] of spans.entries()) {
    const end = spans[k + 1]?.offset ?? idOf.length;
    for (let row = offset; row < end; row++) {
      const tick = tickOf[row]!;
      const ascends = row === offset || idOf[row] !== idOf[row - 1] || tick > tickOf[row - 1]!;
      if (ascends && tick >= firstTick && tick <= lastTick) continue;
      yield `has a row of tick ${tick} in row ${row}, out of the order or the ticks (${firstTick} to ${lastTick}) of its span.`;
      break;
    }
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
