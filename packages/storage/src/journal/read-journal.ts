import { dirname, join } from 'node:path';
import type { FileSystem } from '../file-system/file-system.ts';
import { HEADER_BYTES } from './frame.ts';
import type { JournalOptions } from './journal-options.ts';
import { ABORT, abortedRanges, cutTail, damagedRanges, type AbortedRange } from './recovery.ts';
import { readSegment, type DamagedRange, type ReadSegment } from './segment.ts';
import { withoutTorn } from './torn.ts';

/** What opening found. */
export interface JournalReport {
  readonly records: number;
  /** Bytes cut from the end: records of a write that was broken off, sound ones among them, or one damaged later. */
  readonly quarantined: readonly { readonly file: string; readonly bytes: number }[];
  readonly damaged: readonly DamagedRange[];
  /**
   * Records at the end that were acknowledged and cannot be read: damaged, cut off, or gone with their file. Told until
   * others are written behind them.
   */
  readonly missingRecords: number;
}

/** Where a journal goes on from what its directory holds. */
export interface JournalStart {
  readonly report: JournalReport;
  /** The sequence of the last record, which may be in parts. */
  readonly lastRecord: number;
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
  const lastDurable = options.owner?.lastDurable ?? 0;
  let segments = withoutTorn(found, lastDurable);
  const quarantined = [...(await cutTail(fs, directory, segments))];
  // A segment that holds nothing sound was begun and broken off: the one before it may be torn too.
  while (segments.length > 1 && segments.at(-1)!.frames.length === 0) {
    await fs.remove(join(directory, segments.at(-1)!.name));
    segments = withoutTorn(segments.slice(0, -1), lastDurable);
    quarantined.push(...(await cutTail(fs, directory, segments)));
  }
  if (quarantined.length === 0) await syncLast(fs, directory, segments);
  const aborted = abortedRanges(segments);
  let records = 0;
  let lastRecord = options.next - 1;
  let next = Math.max(options.next, lastDurable + 1);
  for (const { name } of found) next = Math.max(next, Number.parseInt(name, 10) + 1);
  for (const segment of segments) {
    for (const frame of segment.frames) {
      next = Math.max(next, frame.sequence + 1);
      if (
        frame.kind === ABORT ||
        aborted.some(({ from, to }) => frame.sequence >= from && frame.sequence <= to)
      )
        continue;
      records++;
      lastRecord = Math.max(lastRecord, frame.sequence);
      onRecord(frame, segment.name);
    }
  }
  for (const { to } of aborted) next = Math.max(next, to + 1);
  return {
    report: {
      records,
      quarantined,
      damaged: damagedRanges(segments, aborted),
      missingRecords: countMissing(lastRecord, lastDurable, aborted),
    },
    lastRecord,
    next,
    aborted,
    // Of a last one without a sound header nothing was left.
    segments: segments
      .filter(({ end }, k) => end > 0 || k < segments.length - 1)
      .map(({ name }) => name),
  };
}

/** A process that was killed may have left frames that no sync covered, and what comes next is built on them. */
async function syncLast(
  fs: FileSystem,
  directory: string,
  segments: readonly ReadSegment[],
): Promise<void> {
  const last = segments.at(-1);
  if (last === undefined) return;
  const file = await fs.open(join(directory, last.name));
  await file.sync();
  await file.close();
}

/** How many of the sequences behind the last record were records: not those that are absent, nor what says so. */
function countMissing(
  lastRecord: number,
  lastDurable: number,
  aborted: readonly AbortedRange[],
): number {
  let missing = Math.max(lastDurable - lastRecord, 0);
  for (const { from, to } of aborted)
    missing -= Math.max(Math.min(to + 1, lastDurable) - Math.max(from - 1, lastRecord), 0);
  return missing;
}
