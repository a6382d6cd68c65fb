import { ArchetypeError, mintId, type Actor, type AuditStatus } from '@archetype/core';
import { randomUUID } from 'node:crypto';
import type { AuditDraft } from '../audit/chain.ts';
import { digestOf } from '../command/canonical.ts';
import type { Command } from '../command/command.ts';

/** One command on its way through the gate. */
export interface Passage {
  readonly actor: Actor;
  readonly type: string;
  readonly acceptedAt: number;
  readonly began: number;
  /** Undefined as long as it is not decoded. */
  command: Command | undefined;
  /** The tick at which its world stood. */
  tick: number | undefined;
  /** Its row is written, with it. */
  recorded: boolean;
  /** It was let through, and is being done. */
  running: boolean;
}

const DENIED: ReadonlySet<string> = new Set(['forbidden', 'quota_exceeded', 'budget_exceeded']);

/** How a refusal or a failure is called in the trail. */
export function statusOf(error: unknown, { running }: Passage): AuditStatus {
  if (error instanceof ArchetypeError && DENIED.has(error.code)) return 'denied';
  return running ? 'failed' : 'rejected';
}

export const codeOf = (error: unknown): string =>
  error instanceof ArchetypeError ? error.code : 'unexpected';

/** The row of a passage. One that is over says when. */
export function rowOf(
  { actor, type, acceptedAt, began, command, tick }: Passage,
  status: AuditStatus,
  more: { readonly code?: string; readonly finishedAt?: number } = {},
): AuditDraft {
  const world = command?.world;
  return {
    id: randomUUID(),
    command: command?.id ?? mintId(),
    type,
    actor: actor.id,
    roles: actor.roles,
    ...(world !== undefined && { world }),
    ...(tick !== undefined && { tick }),
    status,
    ...(more.code !== undefined && { code: more.code }),
    payloadDigest: command?.payloadDigest ?? digestOf(null),
    summary: command?.summary ?? {},
    acceptedAt,
    ...(more.finishedAt !== undefined && {
      finishedAt: more.finishedAt,
      durationMs: Math.round((performance.now() - began) * 1000) / 1000,
    }),
    ...(command?.idempotencyKey !== undefined && { idempotencyKey: command.idempotencyKey }),
  };
}
