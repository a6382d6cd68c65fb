import type { Node } from '../expression/node.ts';
import type { Frame } from '../frame/frame.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { AuditQuery, AuditRecord } from '../state/audit.ts';
import type {
  CommandQuery,
  CommandRecord,
  SettledCommand,
  StoredCommand,
} from '../state/command.ts';
import type { Commit } from '../state/commit.ts';
import type { WorldId } from '../state/ids.ts';
import type { QuotaRecord } from '../state/quota.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Lease, WorldRecord } from '../state/world-record.ts';
import type { WantedColumn } from './project.ts';

/** A world as its store knows it. */
export interface StoredWorld extends WorldRecord {
  /** The last committed tick, its past as a fork included; -1 when there is none. */
  readonly newestTick: number;
  /** The components of its tables at that tick, as they were stored. */
  readonly components: readonly ComponentShape[];
  readonly destroyed: boolean;
}

/** Which rows to read. Rows come in ascending tick, then entity id. */
export interface ScanQuery {
  readonly world: WorldId;
  /** Inclusive; ticks that do not exist or are no longer kept are passed over, but for a single one by its number. */
  readonly ticks: 'newest' | { readonly from: number; readonly to: number };
  /** Tables that have all of these components; `[]` for every table. */
  readonly components: readonly string[];
  /** … and none of these. */
  readonly without?: readonly string[];
  /**
   * Component columns to read, after the base columns; all components above must own them. Rows written under an older
   * definition are projected: what they lack is filled with the default given here, numbers are widened.
   */
  readonly columns: readonly WantedColumn[];
  readonly entities?: readonly number[];
  /**
   * A condition on the columns asked for, row by row. Rows for which it does not hold may be left out or not: whoever
   * asks applies it again.
   */
  readonly where?: Node;
  /** Rows that are not among the nearest to a vector may be left out or not; not with `where`. */
  readonly nearest?: NearestRows;
  /** Tombstones too. */
  readonly includeInactive?: boolean;
}

/** How two vectors of one length are compared: the smaller the number, the nearer. */
export type Metric = 'l2' | 'cosine' | 'dot';

/** The `k` rows whose cell in a column of vectors is nearest to a vector. */
export interface NearestRows {
  readonly column: string;
  readonly vector: readonly number[];
  readonly metric: Metric;
  readonly k: number;
}

/** What a tick says of messages. */
export interface TickMessages {
  readonly tick: number;
  /** Sent in this tick. */
  readonly messages: Frame | undefined;
  /** Ids of messages of the tick before that found no receiver. */
  readonly undelivered: readonly number[];
}

/** What is written down together, before whoever asked is told: all of it or nothing. */
export interface Acceptance {
  /** One that is stored already, by its id, is passed over. */
  readonly commands?: readonly CommandRecord[];
  /** Ends that no tick decides: commands that were cancelled. The first end of a command stands. */
  readonly settled?: readonly SettledCommand[];
  readonly audit?: readonly AuditRecord[];
  /** Absolute values: of each actor and scope the one written last stands. */
  readonly quotas?: readonly QuotaRecord[];
}

/** Where commits go and queries read. Every method but `close` fails with `store_closed` after `close`. */
export interface Store {
  /** Writes a new world down. @throws `world_exists` */
  create(record: WorldRecord): Promise<Lease>;
  /** Writes a fork down, after the tick it was taken at. No rows are copied. @throws `world_exists`, `tick_not_found` */
  fork(record: WorldRecord): Promise<Lease>;
  /**
   * Takes over writing: the former lease is stale from here on. `state` is undefined when nothing was committed, in the
   * world or in its past. @throws `world_not_found`, `world_destroyed`
   */
  claim(world: WorldId): Promise<{
    readonly lease: Lease;
    readonly record: StoredWorld;
    readonly state: Snapshot | undefined;
  }>;
  /**
   * Appends ticks; each is durable, in all its tables, once this resolves. Calls may overlap; they take effect in call
   * order. The same tick with the same content again succeeds without effect.
   *
   * @throws `tick_conflict` (not the next tick, or other content), `stale_writer`, `world_destroyed`, `invalid_argument`
   * (ends of commands that are none: see `checkSettled`), `commit_failed` (certainly absent), `commit_unknown`
   */
  append(commits: readonly Commit[]): Promise<void>;
  /**
   * Writes commands, audit rows and quotas down; durable once this resolves.
   *
   * @throws `invalid_argument` for what could not be looked up again; `commit_failed`, `commit_unknown`
   */
  accept(acceptance: Acceptance): Promise<void>;
  /**
   * Accepted commands with what became of them, in order of acceptance. A tick's commit settles those it names.
   *
   * @throws `invalid_argument`
   */
  commands(query: CommandQuery): Promise<readonly StoredCommand[]>;
  /** A page of audit rows, newest first. @throws `invalid_argument` */
  audit(query: AuditQuery): Promise<readonly AuditRecord[]>;
  /** Every quota record that stands, ascending by actor, then scope, by code unit. */
  quotas(): Promise<readonly QuotaRecord[]>;
  /** Reads one consistent cut, whatever is appended meanwhile. @throws `world_not_found`, `tick_not_retained`, `schema_conflict` */
  scan(query: ScanQuery): AsyncIterable<Frame>;
  /**
   * Messages of ticks, in ascending tick, and what became of those of the tick before; ticks without either may be left
   * out. @throws `world_not_found`
   */
  messages(
    world: WorldId,
    ticks: { readonly from: number; readonly to: number },
  ): AsyncIterable<TickMessages>;
  /** The state of a world at a tick; undefined when that tick does not exist. @throws `world_not_found` */
  snapshot(world: WorldId, tick: number): Promise<Snapshot | undefined>;
  /** Every world ever written, in order of creation. */
  worlds(): Promise<readonly StoredWorld[]>;
  /** Ends a world: no more ticks; its rows stay readable. @throws `stale_writer`, `world_not_found` */
  destroy(lease: Lease): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
