import { codeOf, type Actor, type AuditStatus } from '@archetype/core';
import { auditDraft, type AuditDraft } from '../audit/draft.ts';
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
  /** The world that it is about, also when the command names none, and the tick at which that stood. */
  world: string | undefined;
  tick: number | undefined;
  /** Its row is written, with it. */
  recorded: boolean;
  /** It was let through, and is being done. */
  running: boolean;
}

const DENIED: ReadonlySet<string> = new Set(['forbidden', 'quota_exceeded', 'budget_exceeded']);

const UNKNOWN = digestOf(null);

/** How a refusal or a failure is called in the trail. */
export const statusOf = (error: unknown, { running }: Passage): AuditStatus =>
  DENIED.has(codeOf(error)) ? 'denied' : running ? 'failed' : 'rejected';

/** The row of a passage. One that is over says when. */
export const rowOf = (
  { actor, type, acceptedAt, began, command, world, tick }: Passage,
  status: AuditStatus,
  { code, endedAt }: { readonly code?: string; readonly endedAt?: number } = {},
): AuditDraft =>
  auditDraft({
    command: command?.id,
    type,
    actor,
    world,
    tick,
    status,
    code,
    payloadDigest: command?.payloadDigest ?? UNKNOWN,
    summary: command?.summary ?? {},
    acceptedAt,
    ended:
      endedAt === undefined ? undefined : { at: endedAt, durationMs: performance.now() - began },
    idempotencyKey: command?.idempotencyKey,
  });
