import { ArchetypeError, type AuditRecord, type Store } from '@archetype/core';
import { BEGINNING, hashOf, headOf, type AuditHead } from './chain.ts';

/** What was found when a trail was held against its hashes. */
export type AuditVerdict =
  | { readonly sound: true; readonly rows: number; readonly head: AuditHead }
  | {
      readonly sound: false;
      /** Position of the first bad row. */
      readonly position: number;
      readonly problem: string;
    };

const PAGE = 1000;

/**
 * Recomputes every hash of the trail. Rows that were changed, left out or put in between are found; rows cut off its end
 * only against a head that was kept elsewhere.
 *
 * @throws `invalid_argument`
 */
export async function verifyTrail(store: Store, kept?: AuditHead): Promise<AuditVerdict> {
  if (kept !== undefined && !Number.isInteger(kept?.position)) {
    throw new ArchetypeError(
      'invalid_argument',
      'The head to verify against was no head; give the { position, hash } that an earlier verification returned.',
    );
  }
  let bad: { position: number; problem: string } | undefined;
  const found = (position: number, problem: string): void => {
    if (bad === undefined || position <= bad.position) bad = { position, problem };
  };
  let after: AuditRecord | undefined;
  let newest: AuditRecord | undefined;
  let rows = 0;
  for (let before: number | undefined; ;) {
    const page = await store.audit({ limit: PAGE, ...(before !== undefined && { before }) });
    for (const row of page) {
      newest ??= row;
      rows++;
      const { hash: written, ...content } = row;
      if (hashOf(content) !== written) found(row.position, 'its content is not what was hashed');
      if (kept?.position === row.position && kept.hash !== written)
        found(row.position, 'its hash is not the one that was kept');
      if (after !== undefined) checkLink(row, after, found);
      after = row;
    }
    before = after?.position;
    if (page.length < PAGE) break;
  }
  if (after !== undefined && (after.position !== 0 || after.previous !== BEGINNING.hash))
    found(0, 'the beginning of the trail is missing');
  if (kept !== undefined && kept.position > (newest?.position ?? -1))
    found(
      (newest?.position ?? -1) + 1,
      `the trail ends before row ${kept.position}, which was kept`,
    );
  return bad === undefined ? { sound: true, rows, head: headOf(newest) } : { sound: false, ...bad };
}

function checkLink(
  row: AuditRecord,
  after: AuditRecord,
  found: (position: number, problem: string) => void,
): void {
  if (after.position !== row.position + 1)
    found(row.position + 1, `rows ${row.position + 1} to ${after.position - 1} are missing`);
  else if (after.previous !== row.hash)
    found(after.position, 'it does not follow on the row before it');
}
