import { ArchetypeError } from '@archetype/core';
import { join } from 'node:path';
import type { FileSystem } from '../file-system/file-system.ts';
import {
  decodeFrame,
  decodeHeader,
  FORMAT,
  HEADER_BYTES,
  type ReadFrame,
  type SegmentIdentity,
} from './frame.ts';

/** Bytes of a segment that are no sound frame. */
export interface DamagedRange {
  readonly segment: string;
  readonly from: number;
  readonly to: number;
}

/** What a segment file holds. */
export interface ReadSegment {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly frames: readonly ReadFrame[];
  /** Ranges with sound frames behind them. */
  readonly damaged: readonly DamagedRange[];
  /** Where the last sound frame ends; what follows is torn or damaged. */
  readonly end: number;
}

export const segmentName = (first: number): string => `${String(first).padStart(16, '0')}.log`;

/** Reads and checks one segment, into what `memory` gives: as many bytes as asked, at the start of a buffer. @throws `journal_foreign`, `format_newer` */
export async function readSegment(
  fs: FileSystem,
  directory: string,
  name: string,
  storeId: Uint8Array,
  memory = (bytes: number): Uint8Array => new Uint8Array(bytes),
): Promise<ReadSegment> {
  const bytes = await readAll(fs, join(directory, name), memory);
  const header = decodeHeader(bytes);
  if (header !== undefined) {
    checkHeader(header, name, storeId);
    return { name, bytes, ...scanFrames(name, bytes, header) };
  }
  // A damaged header does not take the frames with it: their own checksums hold the place they were written for.
  const found = scanFrames(name, bytes, { storeId, first: Number.parseInt(name, 10) });
  if (found.frames.length === 0) return { name, bytes, frames: [], damaged: [], end: 0 };
  return {
    name,
    bytes,
    ...found,
    damaged: [{ segment: name, from: 0, to: HEADER_BYTES }, ...found.damaged],
  };
}

/** The whole file at the start of a buffer, so that bodies can be viewed as typed arrays. */
async function readAll(
  fs: FileSystem,
  path: string,
  memory: (bytes: number) => Uint8Array,
): Promise<Uint8Array> {
  const file = await fs.open(path);
  try {
    const bytes = memory(file.size);
    await file.read(bytes, 0);
    return bytes;
  } finally {
    await file.close();
  }
}

function checkHeader(
  header: SegmentIdentity & { format: number },
  name: string,
  storeId: Uint8Array,
): void {
  if (header.format > FORMAT) {
    throw new ArchetypeError(
      'format_newer',
      `Journal segment ${name} has format ${header.format} and this version reads up to ${FORMAT}; upgrade to open the store.`,
    );
  }
  const sameStore = header.storeId.every((byte, k) => byte === storeId[k]);
  if (!sameStore || segmentName(header.first) !== name) {
    throw new ArchetypeError(
      'journal_foreign',
      `Journal segment ${name} was written by another store or for another place; restore the directory as it was, or move the file out of journal/.`,
    );
  }
}

function scanFrames(
  name: string,
  bytes: Uint8Array,
  identity: SegmentIdentity,
): Pick<ReadSegment, 'frames' | 'damaged' | 'end'> {
  const frames: ReadFrame[] = [];
  const damaged: DamagedRange[] = [];
  let end = HEADER_BYTES;
  for (;;) {
    const frame = nextFrame(bytes, end, identity);
    if (frame === undefined) break;
    if (frame.begin > end) damaged.push({ segment: name, from: end, to: frame.begin });
    frames.push(frame);
    end = frame.end;
  }
  return { frames, damaged, end };
}

/** The first sound frame from `offset` on: behind a damaged one the next sound head is looked for. */
export function nextFrame(
  bytes: Uint8Array,
  offset: number,
  identity: SegmentIdentity,
): ReadFrame | undefined {
  // Frames begin at multiples of 8.
  for (let begin = offset; begin < bytes.byteLength; begin += 8) {
    const frame = decodeFrame(bytes, begin, identity);
    if (frame !== undefined) return frame;
  }
  return undefined;
}
