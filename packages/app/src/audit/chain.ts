import type { AuditRecord } from '@archetype/core';
import { hash } from 'node:crypto';
import { canonical } from '../command/canonical.ts';
import type { AuditDraft } from './draft.ts';

/** Where a trail ends. */
export interface AuditHead {
  /** Of the last row; -1 when there is none. */
  readonly position: number;
  readonly hash: string;
}

export const BEGINNING: AuditHead = Object.freeze({ position: -1, hash: '0'.repeat(64) });

/** SHA-256 over the previous hash and the row in canonical form: RFC 8785's order of keys, numbers as JavaScript prints them. */
export const hashOf = (row: Omit<AuditRecord, 'hash'>): string =>
  hash('sha256', `${row.previous}\n${canonical(row)}`);

/** The row that follows on a head. */
export function chained(draft: AuditDraft, head: AuditHead): AuditRecord {
  const row = { ...draft, position: head.position + 1, previous: head.hash };
  return Object.freeze({ ...row, hash: hashOf(row) });
}

export const headOf = (row: AuditRecord | undefined): AuditHead =>
  row === undefined ? BEGINNING : { position: row.position, hash: row.hash };
