import {
  encodeFrame,
  frameBytes,
  writeFrame,
  type JournalRecord,
  type SegmentIdentity,
} from './frame.ts';
import { Space } from './space.ts';

/** Frames up to so many bytes are copied: handing each of their buffers to the system costs more. */
export const SMALL_BYTES = 16_384;
/** Small frames that are copied at a time. */
const SPACE_BYTES = 262_144;

/** A record and its place in the journal. */
export interface NumberedRecord {
  readonly record: JournalRecord;
  readonly sequence: number;
}

/** Frames on their way to a file, in as few buffers as is cheap. The memory is used again by the next batch. */
export class FrameBatch {
  readonly #space = new Space(SPACE_BYTES);

  encode(
    records: readonly NumberedRecord[],
    identity: SegmentIdentity,
  ): { readonly buffers: readonly Uint8Array[]; readonly bytes: number } {
    const buffers: Uint8Array[] = [];
    const space = this.#space;
    let [bytes, begin, end] = [0, 0, 0];
    const flush = (): void => {
      if (end > begin) buffers.push(space.bytes.subarray(begin, end));
      begin = end;
    };
    for (const { record, sequence } of records) {
      const length = frameBytes(record);
      bytes += length;
      if (length <= SMALL_BYTES && end + length <= SPACE_BYTES) {
        end = writeFrame(record, sequence, identity, space, end);
        continue;
      }
      flush();
      buffers.push(...encodeFrame(record, sequence, identity).buffers);
    }
    flush();
    return { buffers, bytes };
  }
}
