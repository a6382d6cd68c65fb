import type { AuditQuery, Store } from '@archetype/core';
import { withOutcomes, type AuditEntry } from './entry.ts';
import type { AuditTrail } from './trail.ts';

/** Which rows to read; all that is given must hold. They come newest first. */
export type AuditPageQuery = Omit<AuditQuery, 'before'> & {
  /** The `cursor` of the page before. */
  readonly cursor?: number;
};

/** Rows of the audit trail, newest first. */
export interface AuditPage {
  readonly rows: readonly AuditEntry[];
  /** Where the next page begins; undefined at the end. */
  readonly cursor: number | undefined;
}

const PAGE = 100;

/** A page of the trail, with everything that was noted before. @throws `invalid_argument` */
export async function auditPage(
  trail: AuditTrail,
  store: Store,
  { cursor, limit = PAGE, ...wanted }: AuditPageQuery,
): Promise<AuditPage> {
  await trail.flush();
  const rows = await store.audit({
    ...wanted,
    limit: limit + 1,
    ...(cursor !== undefined && { before: cursor }),
  });
  return {
    rows: await withOutcomes(store, rows.slice(0, limit)),
    cursor: rows.length > limit ? rows[limit - 1]!.position : undefined,
  };
}
