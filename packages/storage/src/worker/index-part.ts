import type { Catalog } from '../catalog/catalog.ts';
import type { PartUse } from '../catalog/part-tables.ts';
import type { TableStore } from '../table-store.ts';
import { INDEX_COLUMNS, INDEX_ROWS, rewrite } from './merge-parts.ts';
import { generationOf, partId, sequenceOf } from './part-id.ts';
import { PartWriter } from './part-writer.ts';

/**
 * Indexes one large part that has no index yet; answers whether there was one. The index comes with a new part: what a
 * power loss leaves of an engine's changes to a part that ticks are read from could take the part with it.
 */
export async function indexPart(
  catalog: Catalog,
  tables: TableStore,
  owner: number,
): Promise<boolean> {
  if (tables.index === undefined) return false;
  const part = catalog.unindexed(INDEX_ROWS);
  const use = catalog.partUses().find((other) => other.part === part);
  if (use === undefined) return false;
  const { inactive } = use;
  // A copy keeps every row, and nobody counts again what it holds.
  if (tables.copyIndexed !== undefined && use.liveRows === use.rows && inactive !== null)
    await copy({ ...use, inactive }, catalog, tables, owner);
  else await rewrite([use], catalog, tables, owner);
  return true;
}

/**
 * The same rows at the same places of a new part, with an index. A crash before the transaction leaves a part that nobody
 * lists.
 */
async function copy(
  { part: old, schema, rows, inactive }: PartUse & { readonly inactive: number },
  catalog: Catalog,
  tables: TableStore,
  owner: number,
): Promise<void> {
  const part = partId(sequenceOf(old), owner, generationOf(old) + 1, schema);
  const writer = new PartWriter(tables);
  const files = await writer.copyIndexed(old, part, INDEX_COLUMNS);
  const moves = catalog
    .placedIn([old])
    .map((placed) => ({ ...placed, span: { ...placed.span, part } }));
  const copied = { part, schema, rows, files, inactive, indexed: true, spans: [] };
  await writer.list(() => catalog.replaceParts([old], copied, moves, Date.now()));
}
