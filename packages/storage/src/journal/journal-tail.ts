import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADER_BYTES, type SegmentIdentity } from './frame.ts';
import { ABORT, type AbortedRange } from './recovery.ts';
import { nextFrame } from './segment.ts';
import { countProven, type PlacedFrame } from './torn.ts';

/** How far a journal may be read. */
export interface ReadLimit {
  /** The last sequence that may be read. */
  readonly to: number;
  /** The last sequence that is known to be durable. */
  readonly lastDurable: number;
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
  #kept: PlacedFrame[] = [];
  /** The last sequence that was looked for. */
  #last: number;

  /** Records after `last` are read. */
  constructor(directory: string, storeId: Uint8Array, last: number) {
    this.#directory = directory;
    this.#storeId = storeId;
    this.#last = last;
  }

  /**
   * Records up to what is acknowledged that were not read before, in order. What is neither here nor said to be absent
   * went into parts before it was read, or is damaged: a catalog that is looked at afterwards tells which.
   */
  async read({ to, lastDurable }: ReadLimit): Promise<readonly PlacedFrame[]> {
    if (to <= this.#last) return [];
    const found: PlacedFrame[] = [];
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
    // With nobody writing, what the next owner would not take is left out too.
    const next = found[0]?.segment === here ? this.#last + 1 : 0;
    found.length = countProven(found, Math.max(lastDurable, this.#last), next);
    const fresh = found.filter(
      ({ frame: { kind, sequence } }) =>
        kind !== ABORT &&
        sequence > this.#last &&
        !this.#aborted.some((range) => sequence >= range.from && sequence <= range.to),
    );
    this.#last = to === Number.MAX_SAFE_INTEGER ? (found.at(-1)?.frame.sequence ?? this.#last) : to;
    for (const record of fresh) this.#kept.push(record);
    return fresh;
  }

  /** Records that were read and are not in a catalog that has all up to `applied`; the others are forgotten. */
  after(applied: number): readonly PlacedFrame[] {
    this.#kept = this.#kept.filter(({ frame }) => frame.sequence > applied);
    return this.#kept;
  }

  async #readSegment(segment: string, to: number, found: PlacedFrame[]): Promise<void> {
    const begin = this.#position?.segment === segment ? this.#position.offset : HEADER_BYTES;
    const bytes = await readFrom(join(this.#directory, segment), begin);
    const identity: SegmentIdentity = {
      storeId: this.#storeId,
      first: Number.parseInt(segment, 10),
    };
    let end = 0;
    for (;;) {
      const frame = nextFrame(bytes, end, identity);
      if (frame === undefined || frame.sequence > to) break;
      if (frame.kind === ABORT)
        this.#aborted.push(JSON.parse(new TextDecoder().decode(frame.body)) as AbortedRange);
      found.push({ frame, segment, behindGap: frame.begin > end });
      end = frame.end;
    }
    // A segment without records may be removed, and come again with others before it.
    if (end > 0) this.#position = { segment, offset: begin + end };
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
