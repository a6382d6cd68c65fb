import { Frame, takeNearest, type Schema } from '@archetype/core';
import type { NearestQuery, PartId, TableStore } from '../table-store.ts';

/** So many more than are wanted are asked for first. */
const SPARE = 64;
/** Engines measure with less precision: what is further by less than this share may as well be nearer. */
const PRECISION = 1e-5;

/**
 * The `k` nearest rows of a part and all that may be as near as the last of them. Of equally near rows the first ticks' are
 * wanted; a table store gives those that come first in the part, and in spans that is not the order of ticks.
 */
export async function* nearestRows(
  tables: TableStore,
  part: PartId,
  columns: Schema,
  query: NearestQuery,
): AsyncGenerator<Frame> {
  for (let k = query.k + SPARE; ; k *= 8) {
    const frames: Frame[] = [];
    for await (const frame of tables.nearest!(part, columns, { ...query, k })) frames.push(frame);
    const rows = Frame.concat(columns, frames);
    if (rows.numRows < k || goesBeyond(rows, query)) {
      yield rows;
      return;
    }
  }
}

/** Whether some of the rows are certainly further away than the `k` nearest. */
function goesBeyond(rows: Frame, query: NearestQuery): boolean {
  const ranked = takeNearest(rows, { ...query, k: rows.numRows });
  const distances = ranked.column('distance') as Float64Array;
  const [last, furthest] = [distances[query.k - 1]!, distances.at(-1)!];
  return furthest - last > PRECISION * Math.max(Math.abs(furthest), Math.abs(last));
}
