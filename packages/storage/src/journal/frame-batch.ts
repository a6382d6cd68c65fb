import { encodeFrame, writeFrame, type NumberedRecord, type SegmentIdentity } from './frame.ts';
import { Space } from './space.ts';

/** Up to so many bytes copying costs less than summing each buffer and handing it to the system. */
const COPIED_BYTES = 131_072;
/** … and while the disk works, when summing costs nothing and only handing over counts. */
const COPIED_BYTES_BUSY = 16_384;
/** What is copied at a time. */
const SPACE_BYTES = 262_144;

/** Whether a frame is to be copied when its turn comes: then its body need not be summed before. */
export const isCopied = (bytes: number, busy: boolean): boolean =>
  bytes <= (busy ? COPIED_BYTES_BUSY : COPIED_BYTES);

/** Frames on their way to a file, in as few buffers as is cheap. The memory is used again by the next batch. */
export class FrameBatch {
  readonly #space = new Space(SPACE_BYTES);

  /** All records before `proven` are durable. */
  encode(
    records: readonly NumberedRecord[],
    proven: number,
    identity: SegmentIdentity,
  ): readonly Uint8Array[] {
    const buffers: Uint8Array[] = [];
    const space = this.#space;
    let [begin, end] = [0, 0];
    const flush = (): void => {
      if (end > begin) buffers.push(space.bytes.subarray(begin, end));
      begin = end;
    };
    for (const numbered of records) {
      const { bytes, summed } = numbered;
      if (summed === undefined && end + bytes <= SPACE_BYTES) {
        end = writeFrame(numbered, proven, identity, space, end);
        continue;
      }
      flush();
      buffers.push(...encodeFrame(numbered, proven, identity));
    }
    flush();
    return buffers;
  }
}
