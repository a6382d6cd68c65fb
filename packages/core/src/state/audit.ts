import type { WorldId } from './ids.ts';
import type { Json } from './json.ts';

export type AuditStatus = 'accepted' | 'queued' | 'applied' | 'rejected' | 'denied' | 'failed';

/** One row of the audit trail, as its writer chained it. Rows are appended and never changed; they outlive their world. */
export interface AuditRecord {
  /** Counts rows from 0; gaps are deletions. */
  readonly position: number;
  readonly id: string;
  readonly command: string;
  readonly type: string;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly world?: WorldId;
  readonly tick?: number;
  readonly status: AuditStatus;
  readonly code?: string;
  /** SHA-256 of the payload, hexadecimal. */
  readonly payloadDigest: string;
  /** Some of the payload, bounded. */
  readonly summary: Json;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
  readonly finishedAt?: number;
  readonly durationMs?: number;
  readonly idempotencyKey?: string;
  /** Hash of the row before, hexadecimal; that of the first row is 64 zeros. */
  readonly previous: string;
  /** SHA-256 over `previous` and the row, hexadecimal. */
  readonly hash: string;
}

/** Which audit rows to read; all that is given must hold. They come newest first. */
export interface AuditQuery {
  readonly world?: WorldId;
  readonly actor?: string;
  readonly type?: string;
  readonly command?: string;
  readonly status?: AuditStatus;
  readonly idempotencyKey?: string;
  /** Inclusive. */
  readonly ticks?: { readonly from?: number; readonly to?: number };
  /** Of `acceptedAt`, inclusive. */
  readonly time?: { readonly from?: number; readonly to?: number };
  /** Rows before this position only: the last one of the page before. */
  readonly before?: number;
  /** 100 unless told. */
  readonly limit?: number;
}

export const AUDIT_PAGE = 100;

const within = (
  value: number | undefined,
  range: { readonly from?: number; readonly to?: number } | undefined,
): boolean =>
  range === undefined ||
  (value !== undefined && value >= (range.from ?? -Infinity) && value <= (range.to ?? Infinity));

export function matchesAudit(row: AuditRecord, query: AuditQuery): boolean {
  return (
    (query.world === undefined || query.world === row.world) &&
    (query.actor === undefined || query.actor === row.actor) &&
    (query.type === undefined || query.type === row.type) &&
    (query.command === undefined || query.command === row.command) &&
    (query.status === undefined || query.status === row.status) &&
    (query.idempotencyKey === undefined || query.idempotencyKey === row.idempotencyKey) &&
    within(row.tick, query.ticks) &&
    within(row.acceptedAt, query.time) &&
    (query.before === undefined || row.position < query.before)
  );
}
