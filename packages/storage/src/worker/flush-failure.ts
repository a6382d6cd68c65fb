import { ArchetypeError, type ErrorCode } from '@archetype/core';

/** Codes that say more than that something failed. */
const telling: ReadonlySet<string> = new Set([
  'stale_writer',
  'part_missing',
  'part_damaged',
  'flush_failed',
]);

/** What an operation threw, in either thread, as whoever asked is told. */
export const asFailure = (
  code: string | undefined,
  message: string,
  cause?: unknown,
): ArchetypeError =>
  code !== undefined && telling.has(code)
    ? new ArchetypeError(code as ErrorCode, message, { cause })
    : flushFailed(message, cause);

/** What was written is not what is read: of what is damaged, opening the store says what is lost. */
export const segmentDamaged = (segment: string, from: number, to: number): ArchetypeError =>
  new ArchetypeError(
    'flush_failed',
    `Journal segment ${segment} was damaged after it was written (bytes ${from} to ${to}), so that none of it was moved into parts. Its ticks are still in memory and can be read; check the disk, close the store and open it again, which says what is lost.`,
  );

export const flushFailed = (why: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'flush_failed',
    `Moving ticks into parts, or looking after them, failed: ${why} Nothing is lost: committed ticks stay in the journal, and what failed is tried again.`,
    { cause },
  );
