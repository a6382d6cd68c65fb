import { join } from 'node:path';
import type { FileSystem } from '../file-system/file-system.ts';
import { HEADER_BYTES, type ReadFrame } from './frame.ts';
import type { DamagedRange, ReadSegment } from './segment.ts';

/** The journal's own record: it names sequences that certainly are not part of it. */
export const ABORT = 0;

/** Sequences from first to last, both included. */
export interface AbortedRange {
  readonly from: number;
  readonly to: number;
}

/** Sequences left to a former owner that may be alive: more than it can have waiting. */
export const FORMER_OWNER = 1_000_000;

/** Cuts what is torn from the last segment; the bytes are kept beside the journal, since they cannot be told from damage. */
export async function cutTail(
  fs: FileSystem,
  directory: string,
  segments: readonly ReadSegment[],
): Promise<readonly { readonly file: string; readonly bytes: number }[]> {
  const last = segments.at(-1);
  if (last === undefined || last.end === last.bytes.byteLength) return [];
  const torn = last.bytes.subarray(last.end);
  const quarantine = join(directory, 'quarantine');
  const path = join(quarantine, `${last.name}.${last.end}-${last.bytes.byteLength}`);
  await fs.makeDirectory(quarantine);
  await fs.remove(path);
  const kept = await fs.create(path);
  await kept.write([torn], 0);
  await kept.sync();
  await kept.close();
  await fs.syncDirectory(quarantine);
  if (last.end === 0) {
    await fs.remove(join(directory, last.name));
    await fs.syncDirectory(directory);
  } else {
    const file = await fs.open(join(directory, last.name));
    await file.truncate(last.end);
    await file.sync();
    await file.close();
  }
  return [{ file: path, bytes: torn.byteLength }];
}

/** Sequences that certainly are no part of the journal, as its own records say. */
export function abortedRanges(segments: readonly ReadSegment[]): readonly AbortedRange[] {
  return segments
    .flatMap((segment) => segment.frames)
    .filter((frame) => frame.kind === ABORT)
    .map((frame) => JSON.parse(new TextDecoder().decode(frame.body)) as AbortedRange);
}

/**
 * What was damaged: bytes between sound frames, and behind the last one of a sealed segment, which ends with a whole frame.
 * Behind a record after which sequences are absent anything may stand: what a former owner wrote on, or what was cut off,
 * which a power loss can bring back.
 */
export function damagedRanges(
  segments: readonly ReadSegment[],
  aborted: readonly AbortedRange[],
): readonly DamagedRange[] {
  const absentFrom = new Set(aborted.map(({ from }) => from));
  return segments.flatMap((segment, k) => {
    const torn =
      k < segments.length - 1 && segment.end < segment.bytes.byteLength
        ? [{ segment: segment.name, from: segment.end, to: segment.bytes.byteLength }]
        : [];
    const last = segment.frames.findLast(({ sequence }) => absentFrom.has(sequence + 1));
    const nothing = absentFrom.has(Number.parseInt(segment.name, 10));
    const sound = last?.end ?? (nothing ? HEADER_BYTES : Infinity);
    return [...segment.damaged, ...torn].filter(({ from }) => from < sound);
  });
}

/** A frame and the segment that it is in. */
export interface PlacedFrame {
  readonly frame: ReadFrame;
  readonly segment: string;
}

/**
 * How many of the frames at the end of a journal stand before the first gap of which nobody knows that anything was there:
 * a disk may write the end of a write before its beginning, and then the power fails. A frame proves that those before it
 * are durable which were so when it was written, and an acknowledged one that all before it are.
 *
 * `acknowledged` is the last sequence of which that is known, `from` where the first frame of a segment should begin, and
 * `next` its sequence when it is not the segment's first.
 */
export function countProven(
  frames: readonly PlacedFrame[],
  { acknowledged, from, next }: { acknowledged: number; from: number; next?: number },
): number {
  let proven = acknowledged + 1;
  for (const { frame } of frames) proven = Math.max(proven, frame.sequence - frame.unproven);
  let [expected, end] = [0, 0];
  for (const [k, { frame, segment }] of frames.entries()) {
    if (segment !== frames[k - 1]?.segment) {
      expected = (k === 0 ? next : undefined) ?? Number.parseInt(segment, 10);
      end = from;
    }
    if (frame.begin > end && expected >= proven) return k;
    expected = frame.sequence + 1;
    end = frame.end;
  }
  return frames.length;
}

/** Leaves out of the last segment what may never have been whole. */
export function withoutTorn(
  segments: readonly ReadSegment[],
  acknowledged: number,
): readonly ReadSegment[] {
  const last = segments.at(-1);
  if (last === undefined || last.damaged.length === 0) return segments;
  const { name, frames, damaged } = last;
  const proven = countProven(
    frames.map((frame) => ({ frame, segment: name })),
    { acknowledged, from: HEADER_BYTES },
  );
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
