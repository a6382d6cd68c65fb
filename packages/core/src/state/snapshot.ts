import type { Frame } from '../frame/frame.ts';
import type { Signature, TableId } from '../schema/signature.ts';
import { UNSTARTED } from './ids.ts';
import type { Json } from './json.ts';
import { noMessages } from './message.ts';

/** The living entities of one archetype. */
export interface Table {
  readonly signature: Signature;
  /** Columns `signature.state`, in ascending `entity_id`. */
  readonly frame: Frame;
  /** A tick whose stored rows are exactly these; a commit may name it instead of writing them again. */
  readonly since: number | undefined;
}

/** What a world counts. */
export interface Counters {
  /** The id that the next entity gets. */
  readonly nextEntity: number;
  readonly nextMessage: number;
}

/** All tables of one world at one tick, with its counters and data resources. */
export interface Snapshot {
  /** `UNSTARTED` before tick 0. */
  readonly tick: number;
  /** By table id, in ascending order; tables without living entities are absent. */
  readonly tables: ReadonlyMap<TableId, Table>;
  readonly counters: Counters;
  /** Data resources by name, as of this tick. */
  readonly resources: Readonly<Record<string, Json>>;
  /** Columns `messageColumns`: sent in this tick, delivered in the next. */
  readonly messages: Frame;
}

export const emptySnapshot = (resources: Readonly<Record<string, Json>>): Snapshot => ({
  tick: UNSTARTED,
  tables: new Map(),
  counters: { nextEntity: 1, nextMessage: 1 },
  resources,
  messages: noMessages,
});
