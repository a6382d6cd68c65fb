import type { RunId, WorldId } from '../state/ids.ts';
import type { TableId } from '../schema/signature.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { WorldRecord } from '../state/world-record.ts';

/** What can be said of a world at a moment. */
export interface WorldInfo {
  readonly id: WorldId;
  readonly run: RunId;
  readonly name: string;
  readonly seed: number;
  /** The last committed tick; 0 while unstarted. */
  readonly tick: number;
  /** False until tick 0 is committed. */
  readonly started: boolean;
  /** Where it was forked from, if it was. */
  readonly forkedAt: WorldRecord['forkedAt'];
  /** Living entities at `tick`. */
  readonly entities: number;
  /** Archetypes with living entities at `tick`. */
  readonly tables: number;
  /** Mutations that wait for the next tick; gone if the process ends first. */
  readonly staged: number;
  readonly resources: readonly string[];
}

/** What a `run` did. */
export interface RunResult {
  readonly worldId: WorldId;
  readonly runId: RunId;
  /** The tick it began at. */
  readonly startTick: number;
  /** The last tick it committed. */
  readonly finalTick: number;
  readonly ticksCompleted: number;
  readonly commandsApplied: number;
  /**
   * What processors asked about entities that another request of the same tick killed or moved away, each entity counted
   * each time; it had no effect.
   */
  readonly ignored: number;
  readonly durationMs: number;
}

/** Told after each tick that has become durable. */
export interface RunProgress {
  readonly tick: number;
  readonly ticksCompleted: number;
  readonly steps: number;
}

/** An archetype that entities live in. */
export interface WorldTable {
  readonly table: TableId;
  /** Names, sorted. */
  readonly components: readonly string[];
  readonly entities: number;
}

export const tablesOf = ({ tables }: Snapshot): readonly WorldTable[] =>
  [...tables.values()]
    .map(({ signature, frame }) => ({
      table: signature.table,
      components: signature.names,
      entities: frame.numRows,
    }))
    .toSorted((a, b) => (a.table < b.table ? -1 : 1));
