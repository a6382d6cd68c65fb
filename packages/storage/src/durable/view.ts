import type { Catalog } from '../catalog/catalog.ts';
import type { PartId, TableStore } from '../table-store.ts';
import type { Ledger } from './ledger.ts';
import type { OpenCuts } from './open-cuts.ts';

/** What reads are answered from. */
export interface View {
  readonly ledger: Ledger;
  readonly catalog: Catalog;
  readonly cuts: OpenCuts;
  /** The table store, opened when a read first needs a part. */
  readonly tables: () => Promise<TableStore>;
  /** What to go on with where the catalog is a copy, and parts may have gone since it was made. */
  readonly renew?: () => Promise<View>;
}

/** What a read goes on with that lost a part which was replaced meanwhile; any other failure is thrown on. */
export async function afterLoss(
  view: View,
  parts: Iterable<PartId>,
  error: unknown,
): Promise<View> {
  const now = (await view.renew?.()) ?? view;
  if (lostPart(now.catalog, parts)) return now;
  throw error;
}

/** Whether a part was replaced that a cut taken earlier names: its files may go before it is forgotten. */
function lostPart(catalog: Catalog, parts: Iterable<PartId>): boolean {
  for (const part of parts) if (catalog.rowsOf(part) === undefined) return true;
  return false;
}
