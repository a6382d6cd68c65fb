import { types } from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { PartId, TableStore } from '../table-store.ts';

/** Something wrong with a part, as a sentence. */
export interface PartProblem {
  readonly part: PartId;
  readonly problem: string;
}

/** Holds every listed part against what the catalog says of it: files, digests, rows. */
export async function checkParts(
  catalog: Catalog,
  tables: TableStore,
): Promise<{ readonly parts: number; readonly problems: readonly PartProblem[] }> {
  const problems: PartProblem[] = [];
  const listed = catalog.partFiles();
  const slices = Map.groupBy(catalog.slices(listed.map(({ part }) => part)), ({ part }) => part);
  for (const { part, rows, files } of listed) {
    const found = [...(await tables.check(part, files))];
    if (found.length === 0) {
      const counted = await rowsOf(tables, part, rows);
      if (counted !== rows) found.push(`has ${counted} rows where ${rows} were written.`);
    }
    for (const { run, tick, offset, rows: count } of slices.get(part) ?? []) {
      if (offset + count <= rows) continue;
      found.push(
        `is said to hold rows ${offset} to ${offset + count} of run ${run} at tick ${tick}, and has ${rows}.`,
      );
    }
    for (const problem of found) problems.push({ part, problem });
  }
  return { parts: listed.length, problems };
}

async function rowsOf(tables: TableStore, part: PartId, rows: number): Promise<number | string> {
  let counted = 0;
  try {
    const schema = [{ name: 'entity_id', type: types.i32 }];
    for await (const frame of tables.scan([{ part, offset: 0, rows }], schema))
      counted += frame.numRows;
    return counted;
  } catch (error) {
    return `unreadable (${error instanceof Error ? error.message : String(error)})`;
  }
}
