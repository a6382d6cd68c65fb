import { encodeFrame, writeFrame, type NumberedRecord, type SegmentIdentity } from './frame.ts';
import { Space } from './space.ts';

/** Up to so many bytes, a copy and one sum of it cost less than a sum of each buffer and handing each to the system. */
const COPIED_BYTES_IDLE = 131_072;
/** The same while the disk works: sums are made meanwhile and cost no time, so that a copy saves less. */
const COPIED_BYTES = 16_384;
/** Memory for the copies of one write; what does not fit is handed over. */
const SPACE_BYTES = 262_144;

/** Whether a frame is better copied, if there is space when its turn comes; then it is not summed before. */
export const isCopied = (bytes: number, { idle }: { readonly idle: boolean }): boolean =>
  bytes <= (idle ? COPIED_BYTES_IDLE : COPIED_BYTES);

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
