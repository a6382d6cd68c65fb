import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFrame, HEADER_BYTES, type ReadFrame, type SegmentIdentity } from './frame.ts';
import { ABORT, type AbortedRange } from './recovery.ts';

/** A record that another process wrote, and the segment that it is in. */
export interface TailRecord {
  readonly frame: ReadFrame;
  readonly segment: string;
}

/** Where the next look at the journal begins. */
interface Position {
  readonly segment: string;
  readonly offset: number;
}

/**
 * Follows a journal that another process writes, and changes nothing. What is not acknowledged is not looked at. A frame
 * that was read is not read again, so that following costs what is new.
 */
export class JournalTail {
  readonly #directory: string;
  readonly #storeId: Uint8Array;
  readonly #aborted: AbortedRange[] = [];
  #position: Position | undefined;
  /** The last sequence that was read, or is known to be absent. */
  #last: number;

  /** Records after `last` are read. */
  constructor(directory: string, storeId: Uint8Array, last: number) {
    this.#directory = directory;
    this.#storeId = storeId;
    this.#last = last;
  }

  /**
   * Records up to `to`, in order. Undefined when some are neither here nor said to be absent: they went into parts
   * meanwhile, or are damaged; then this object is of no more use. `whatever` gives what there is all the same.
   */
  async read(to: number, whatever = false): Promise<readonly TailRecord[] | undefined> {
    const found: TailRecord[] = [];
    if (to <= this.#last) return found;
    const names = (await readdir(this.#directory))
      .filter((name) => name.endsWith('.log'))
      .toSorted();
    const here = this.#position?.segment;
    const start = names.findLastIndex((name) =>
      here === undefined ? Number.parseInt(name, 10) <= this.#last + 1 : name === here,
    );
    for (const segment of names.slice(Math.max(start, 0))) {
      if (Number.parseInt(segment, 10) > to) break;
      await this.#readSegment(segment, to, found);
    }
    const absent = (sequence: number): AbortedRange | undefined =>
      this.#aborted.find((range) => sequence >= range.from && sequence <= range.to);
    const records = found.filter(
      ({ frame }) => frame.sequence > this.#last && absent(frame.sequence) === undefined,
    );
    let expected = this.#last + 1;
    const endless = to === Number.MAX_SAFE_INTEGER;
    for (const { frame } of [...records, ...(endless ? [] : [{ frame: { sequence: to + 1 } }])]) {
      for (let range = absent(expected); range !== undefined; range = absent(expected))
        expected = range.to + 1;
      if (frame.sequence > expected && !whatever) return undefined;
      expected = frame.sequence + 1;
    }
    this.#last = endless ? expected - 1 : to;
    return records.filter(({ frame }) => frame.kind !== ABORT);
  }

  async #readSegment(segment: string, to: number, found: TailRecord[]): Promise<void> {
    const begin = this.#position?.segment === segment ? this.#position.offset : HEADER_BYTES;
    const bytes = await readFrom(join(this.#directory, segment), begin);
    const identity: SegmentIdentity = {
      storeId: this.#storeId,
      first: Number.parseInt(segment, 10),
    };
    let [offset, end] = [0, 0];
    while (offset < bytes.byteLength) {
      const frame = decodeFrame(bytes, offset, identity);
      if (frame === undefined) {
        offset += 8;
        continue;
      }
      if (frame.sequence > to) break;
      if (frame.kind === ABORT)
        this.#aborted.push(JSON.parse(new TextDecoder().decode(frame.body)) as AbortedRange);
      found.push({ frame, segment });
      offset = end = frame.end;
    }
    this.#position = { segment, offset: begin + end };
  }
}

/** What a file holds from an offset on, in a buffer of its own; one that is gone meanwhile holds nothing. */
async function readFrom(path: string, offset: number): Promise<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array(0);
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(Math.max(size - offset, 0));
    let done = 0;
    while (done < bytes.byteLength) {
      const { bytesRead } = await handle.read(bytes, done, bytes.byteLength - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}
