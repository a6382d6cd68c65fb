import { mintId, type Actor, type AuditRecord, type AuditStatus, type Json } from '@archetype/core';
import { randomUUID } from 'node:crypto';

/** A row before it has its place in the trail. */
export type AuditDraft = Omit<AuditRecord, 'position' | 'previous' | 'hash'>;

/** What a row says. */
interface Told {
  /** Minted for what is no command, or could not be decoded. */
  readonly command: string | undefined;
  readonly type: string;
  readonly actor: Actor;
  readonly world: string | undefined;
  readonly tick: number | undefined;
  readonly status: AuditStatus;
  readonly code?: string | undefined;
  readonly payloadDigest: string;
  readonly summary: Json;
  readonly acceptedAt: number;
  /** When it is over, and how long it took. */
  readonly ended?: { readonly at: number; readonly durationMs: number } | undefined;
  readonly idempotencyKey?: string | undefined;
}

export const auditDraft = ({
  command = mintId(),
  type,
  actor,
  world,
  tick,
  status,
  code,
  payloadDigest,
  summary,
  acceptedAt,
  ended,
  idempotencyKey,
}: Told): AuditDraft => ({
  id: randomUUID(),
  command,
  type,
  actor: actor.id,
  roles: actor.roles,
  ...(world !== undefined && { world }),
  ...(tick !== undefined && { tick }),
  status,
  ...(code !== undefined && { code }),
  payloadDigest,
  summary,
  acceptedAt,
  ...(ended !== undefined && {
    finishedAt: ended.at,
    durationMs: Math.round(ended.durationMs * 1000) / 1000,
  }),
  ...(idempotencyKey !== undefined && { idempotencyKey }),
});
