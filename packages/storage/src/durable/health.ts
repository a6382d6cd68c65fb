import type { DamagedRange } from '../journal/segment.ts';
import type { StoreParts } from './durable-store.ts';

/** How a store is doing. */
export interface StoreHealth {
  /** Bytes committed that are in the journal and in memory, not in parts yet. */
  readonly waitingBytes: number;
  /** Times that moving ticks into parts, merging or thinning failed since the store was opened. */
  readonly failures: number;
  /** What failed last, until it is told to a caller. */
  readonly lastFailure: string | undefined;
  /** Why nothing can be written any more, if that is so. */
  readonly broken: string | undefined;
  /** What opening found at the end of the journal and put aside: records of a write that was broken off, or one damaged later. */
  readonly quarantined: readonly { readonly file: string; readonly bytes: number }[];
  /** Bytes of the journal that were damaged. */
  readonly damaged: readonly DamagedRange[];
  /**
   * Records at the end of the journal, ticks or commands, that were acknowledged and cannot be read: damaged, cut off, or
   * gone with their file. Told until others are written behind them.
   */
  readonly missingRecords: number;
  /** Ticks that were lost to damage, by world. */
  readonly lostTicks: readonly {
    readonly world: string;
    readonly name: string;
    readonly ticks: readonly number[];
  }[];
  readonly parts: number;
  readonly partBytes: number;
}

export function healthOf({ ledger, journal, catalog, flushes }: StoreParts): StoreHealth {
  const uses = catalog.partUses();
  return {
    waitingBytes: flushes.waiting,
    failures: flushes.failures,
    lastFailure: flushes.failure,
    broken: journal.broken?.message,
    quarantined: journal.report.quarantined,
    damaged: journal.report.damaged,
    missingRecords: journal.report.missingRecords,
    lostTicks: ledger
      .list()
      .filter(({ damaged }) => damaged.size > 0)
      .map(({ record, damaged }) => ({
        world: record.world,
        name: record.name,
        ticks: [...damaged].toSorted((a, b) => a - b),
      })),
    parts: uses.length,
    partBytes: uses.reduce((n, { bytes }) => n + bytes, 0),
  };
}
