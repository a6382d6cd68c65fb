import { ArchetypeError, type ErrorCode } from '@archetype/core';

/** Codes that say more than that something failed. */
const telling: ReadonlySet<string> = new Set(['stale_writer', 'part_missing', 'part_damaged']);

/** What an operation threw, in either thread, as whoever asked is told. */
export const asFailure = (
  code: string | undefined,
  message: string,
  cause?: unknown,
): ArchetypeError =>
  code !== undefined && telling.has(code)
    ? new ArchetypeError(code as ErrorCode, message, { cause })
    : flushFailed(message, cause);

export const flushFailed = (why: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'flush_failed',
    `Moving ticks into parts, or looking after them, failed: ${why} Nothing is lost: committed ticks stay in the journal, and what failed is tried again.`,
    { cause },
  );
