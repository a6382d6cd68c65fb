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
}

/** Whether a part is gone or going that a cut taken earlier names. */
export function lostPart(catalog: Catalog, parts: Iterable<PartId>): boolean {
  const known = catalog.knownParts();
  for (const part of parts) if (!known.has(part)) return true;
  return false;
}
