import type { WorldRecord } from '@archetype/core';
import type { Database } from './database.ts';

/** A world as the catalog has it. */
export interface CatalogWorld {
  readonly record: WorldRecord;
  readonly epoch: number;
  readonly destroyed: boolean;
  /** Last tick of its own run in the catalog, or -1. */
  readonly newest: number;
}

/** In order of creation. */
export function readWorlds(database: Database): readonly CatalogWorld[] {
  const rows = database.all(
    `select record, epoch, destroyed, (select max(tick) from ticks where ticks.run = worlds.run) as newest
     from worlds order by position`,
  ) as { record: string; epoch: number; destroyed: number; newest: number | null }[];
  return rows.map(({ record, epoch, destroyed, newest }) => ({
    record: JSON.parse(record) as WorldRecord,
    epoch,
    destroyed: destroyed === 1,
    newest: newest ?? -1,
  }));
}
