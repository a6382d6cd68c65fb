import type { RunId, WorldId } from './ids.ts';
import type { Json } from './json.ts';

/** A stretch of the past: the ticks of one run up to and including `tick`. */
export interface LineagePiece {
  readonly world: WorldId;
  readonly run: RunId;
  readonly tick: number;
}

/** What is written once about a world, when it is created or forked. */
export interface WorldRecord {
  readonly world: WorldId;
  readonly run: RunId;
  readonly name: string;
  /** A whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** From which (world, run, up-to-tick) a fork reads its past, oldest first; empty for a world that is no fork. */
  readonly lineage: readonly LineagePiece[];
  readonly forkedAt?: {
    readonly world: WorldId;
    readonly run: RunId;
    /** The tick it shares last with its source. */
    readonly tick: number;
    /** Entity ids from here on are local to the branch and must not be joined with the source's. */
    readonly nextEntityId: number;
  };
  /** Data resources at the start: given at create, or as of the fork point with the fork's own overrides. */
  readonly resources: Readonly<Record<string, Json>>;
  /** Names of live resources, which must be supplied again on resume. */
  readonly live: readonly string[];
}

/** The right to append to a world. A later claim makes it stale. */
export interface Lease {
  readonly world: WorldId;
  readonly run: RunId;
  readonly epoch: number;
}

/** The pieces in which ticks `from` to `to` of a world are found, oldest first. */
export function piecesOf(
  record: WorldRecord,
  from: number,
  to: number,
): readonly (LineagePiece & { readonly from: number })[] {
  const pieces: (LineagePiece & { from: number })[] = [];
  let start = 0;
  for (const piece of [
    ...record.lineage,
    { world: record.world, run: record.run, tick: Infinity },
  ]) {
    const first = Math.max(start, from);
    const last = Math.min(piece.tick, to);
    if (first <= last) pieces.push({ ...piece, from: first, tick: last });
    start = piece.tick + 1;
  }
  return pieces;
}

/** The lineage of a fork of `record` at `tick`. */
export function lineageAt(record: WorldRecord, tick: number): readonly LineagePiece[] {
  return piecesOf(record, 0, tick).map(({ world, run, tick: last }) => ({
    world,
    run,
    tick: last,
  }));
}
