import { dirname, join } from 'node:path';
import { HEADER_BYTES } from './frame.ts';
import type { JournalOptions } from './journal-options.ts';
import {
  ABORT,
  abortedRanges,
  cutTail,
  damagedRanges,
  withoutTorn,
  type AbortedRange,
} from './recovery.ts';
import { readSegment, type DamagedRange, type ReadSegment } from './segment.ts';

/** What opening found. */
export interface JournalReport {
  readonly records: number;
  /** Bytes cut from the end: a frame that was being written when the process died, or one damaged later. */
  readonly quarantined: readonly { readonly file: string; readonly bytes: number }[];
  readonly damaged: readonly DamagedRange[];
  /** Records at the end that were acknowledged and are not there: their bytes, or the files that held them. */
  readonly missing: number;
}

/** Where a journal goes on from what its directory holds. */
export interface JournalStart {
  readonly report: JournalReport;
  /** The sequence of the last record, which may be in parts. */
  readonly last: number;
  /** The sequence that the next record gets. */
  readonly next: number;
  readonly aborted: readonly AbortedRange[];
  /** Names of the segments, in order. */
  readonly segments: readonly string[];
}

/** Reads a journal to its end, cuts what is torn and hands over every record. @throws `journal_foreign`, `format_newer`, `storage_unavailable` */
export async function readJournal(options: JournalOptions): Promise<JournalStart> {
  const { fs, directory, storeId, onRecord } = options;
  await fs.makeDirectory(directory);
  // A process that died between making and syncing it left a name that is not durable yet.
  await fs.syncDirectory(dirname(directory));
  const names = (await fs.list(directory)).filter((name) => name.endsWith('.log'));
  const found: ReadSegment[] = [];
  for (const name of names) {
    const segment = await readSegment(fs, directory, name, storeId);
    // Created, but nothing was ever written to it.
    if (segment.bytes.byteLength <= HEADER_BYTES) await fs.remove(join(directory, name));
    else found.push(segment);
  }
  const acknowledged = options.owner?.last ?? 0;
  const segments = withoutTorn(found, acknowledged);
  const quarantined = await cutTail(fs, directory, segments);
  const aborted = abortedRanges(segments);
  let records = 0;
  let last = options.next - 1;
  let next = Math.max(options.next, acknowledged + 1);
  for (const segment of segments) {
    next = Math.max(next, Number.parseInt(segment.name, 10) + 1);
    for (const frame of segment.frames) {
      next = Math.max(next, frame.sequence + 1);
      if (
        frame.kind === ABORT ||
        aborted.some(({ from, to }) => frame.sequence >= from && frame.sequence <= to)
      )
        continue;
      records++;
      last = Math.max(last, frame.sequence);
      onRecord(frame, segment.name);
    }
  }
  for (const { to } of aborted) next = Math.max(next, to + 1);
  return {
    report: {
      records,
      quarantined,
      damaged: damagedRanges(segments, aborted),
      missing: Math.max(acknowledged - last, 0),
    },
    last,
    next,
    aborted,
    // Of a last one without a sound header nothing was left.
    segments: segments
      .filter(({ end }, k) => end > 0 || k < segments.length - 1)
      .map(({ name }) => name),
  };
}
