import { join } from 'node:path';
import type { FileSystem } from '../file-system/file-system.ts';
import { HEADER_BYTES } from './frame.ts';
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
