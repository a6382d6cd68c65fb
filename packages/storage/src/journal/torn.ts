import { HEADER_BYTES, type ReadFrame } from './frame.ts';
import type { ReadSegment } from './segment.ts';

/** A frame, the segment that it is in, and whether bytes before it are no sound frame. */
export interface PlacedFrame {
  readonly frame: ReadFrame;
  readonly segment: string;
  readonly behindGap: boolean;
}

/**
 * How many frames at the end of a journal count. A disk may write the end of a write before its beginning; when the power
 * fails in between, it leaves a gap, and frames behind it, that nobody was told of: from there on nothing counts. A gap is
 * damage when its first sequence is known to have been durable, because it was synced and acknowledged, or because a frame
 * written later says so.
 *
 * `lastDurable` is the last sequence that is known to have been durable, `next` the one that the first frame should have
 * when it is not the first of its segment.
 */
export function countProven(
  frames: readonly PlacedFrame[],
  lastDurable: number,
  next: number,
): number {
  let durable = lastDurable;
  for (const { frame } of frames) durable = Math.max(durable, frame.sequence - frame.unproven - 1);
  const torn = frames.findIndex(({ segment, behindGap }, k) => {
    const expected = k === 0 ? next : frames[k - 1]!.frame.sequence + 1;
    return behindGap && Math.max(expected, Number.parseInt(segment, 10)) > durable;
  });
  return torn === -1 ? frames.length : torn;
}

/** Leaves out of the last segment what stands behind a write that was broken off. */
export function withoutTorn(
  segments: readonly ReadSegment[],
  lastDurable: number,
): readonly ReadSegment[] {
  const last = segments.at(-1);
  if (last === undefined || last.damaged.length === 0) return segments;
  const { name, frames, damaged } = last;
  // A damaged header is no gap between frames.
  const gaps = new Set(damaged.flatMap(({ from, to }) => (from < HEADER_BYTES ? [] : [to])));
  const placed = frames.map((frame) => ({
    frame,
    segment: name,
    behindGap: gaps.has(frame.begin),
  }));
  const proven = countProven(placed, lastDurable, 0);
  if (proven === frames.length) return segments;
  const end = frames[proven - 1]?.end ?? HEADER_BYTES;
  const sound = {
    ...last,
    frames: frames.slice(0, proven),
    damaged: damaged.filter(({ to }) => to <= end),
    end,
  };
  return [...segments.slice(0, -1), sound];
}
