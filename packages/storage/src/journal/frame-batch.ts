import { encodeFrame, writeFrame, type NumberedRecord, type SegmentIdentity } from './frame.ts';
import { Space } from './space.ts';

/** Frames up to so many bytes are copied: handing each of their buffers to the system costs more. */
export const SMALL_BYTES = 16_384;
/** Small frames that are copied at a time. */
const SPACE_BYTES = 262_144;

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
      const { bytes } = numbered;
      if (bytes <= SMALL_BYTES && end + bytes <= SPACE_BYTES) {
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
