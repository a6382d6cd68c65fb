import type { Slice } from '../table-store.ts';

/**
 * The rows of one table at one tick, in a part: all rows of a span, or those of that tick among the rows of some
 * neighbouring ticks of the same run, which lie in order of entity, then tick.
 */
export interface SpanRows {
  readonly span: Slice;
  /** How many of the span's rows are the tick's. */
  readonly rows: number;
}

/** Whether the span has rows of no other tick. */
export const isAlone = ({ span, rows }: SpanRows): boolean => span.rows === rows;
