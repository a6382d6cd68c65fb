import { ArchetypeError } from '../errors.ts';
import { columnsIn, isRowWise } from '../expression/columns-in.ts';
import type { Condition } from '../expression/expr.ts';
import { toNode } from '../expression/expression.ts';
import type { Node } from '../expression/node.ts';
import { unknownColumn } from '../expression/plan.ts';
import { builtBy } from '../frame/accessor.ts';
import type { Accessor } from '../frame/column-accessor.ts';
import type { SortKey } from '../frame/verb-types.ts';
import { filterBy } from '../frame/filter.ts';
import { Frame } from '../frame/frame.ts';
import { sort } from '../frame/sort.ts';
import type { AnyComponent } from '../schema/component.ts';
import { baseColumns, type ComponentShape } from '../schema/signature.ts';
import type { WorldId } from '../state/ids.ts';
import { scanSchema } from '../store/assemble.ts';
import { wantedColumns } from '../store/project.ts';
import type { NearestRows, ScanQuery, Store } from '../store/store.ts';

/** Which ticks a query reads; the newest committed one unless told. */
export type Ticks = 'newest' | 'all' | number | { readonly from?: number; readonly to?: number };

export interface QueryOptions<C = any, S extends keyof C & string = keyof C & string> {
  readonly ticks?: Ticks;
  /** Rows of these entities only. */
  readonly entities?: readonly number[];
  /** Archetypes that have none of these. */
  readonly without?: readonly AnyComponent[];
  /** Tombstones too: the rows with which entities left a table. */
  readonly includeInactive?: boolean;
  /** Rows for which this holds; null counts as false. */
  readonly where?: (c: Accessor<C>) => Condition;
  /** These columns only, in this order. */
  readonly select?: readonly S[];
  /** In this order; rows equal in all keys stay in ascending tick and entity. */
  readonly sort?: SortKey<keyof C & string> | readonly SortKey<keyof C & string>[];
  /** At most so many rows: the first of the order asked for. */
  readonly limit?: number;
}

/** Reads a query's rows as one frame; `newest` is the last tick that the reader may see. */
export async function readQuery(
  store: Store,
  world: WorldId,
  newest: number | undefined,
  components: readonly ComponentShape[],
  options: QueryOptions,
  nearest?: NearestRows,
): Promise<Frame> {
  const reading = new QueryReading(world, newest, components, options, nearest);
  for await (const frame of store.scan(reading.scan)) if (reading.add(frame)) break;
  return reading.finish();
}

/** A query while its rows come in; how they come is the reader's. */
export class QueryReading {
  /** What to read of the store. */
  readonly scan: ScanQuery;
  readonly #plan: QueryPlan;
  readonly #frames: Frame[] = [];
  #rows = 0;

  constructor(
    world: WorldId,
    newest: number | undefined,
    components: readonly ComponentShape[],
    options: QueryOptions,
    nearest?: NearestRows,
  ) {
    this.#plan = planQuery(world, newest, components, options);
    // A condition decides first: the nearest rows of all need not fulfil it.
    const hint = nearest !== undefined && this.#plan.where === undefined ? { nearest } : {};
    this.scan = { ...this.#plan.scan, ...hint };
  }

  /** Takes the next rows. @returns whether no more are needed */
  add(frame: Frame): boolean {
    const { where, sort: keys, limit } = this.#plan;
    const kept = where === undefined ? frame : filterBy(frame, where);
    this.#frames.push(kept);
    this.#rows += kept.numRows;
    return keys.length === 0 && this.#rows >= limit;
  }

  finish(): Frame {
    return finish(this.#plan, this.#frames);
  }
}

/** A query that has nothing to read. */
export function emptyQuery(components: readonly ComponentShape[], options: QueryOptions): Frame {
  const plan = planQuery('', -1, components, options);
  const none = Frame.concat(scanSchema(plan.scan), []);
  return finish(plan, plan.where === undefined ? [] : [filterBy(none, plan.where)]);
}

interface QueryPlan {
  readonly scan: ScanQuery;
  readonly where: Node | undefined;
  readonly sort: readonly SortKey[];
  readonly limit: number;
  readonly select: readonly string[];
}

/** Only the columns that the result, its conditions and its order need are read. */
function planQuery(
  world: WorldId,
  newest: number | undefined,
  components: readonly ComponentShape[],
  options: QueryOptions,
): QueryPlan {
  const all = [...baseColumns, ...components.flatMap((component) => component.columns)];
  const names = all.map(({ name }) => name);
  const known = (name: string): string => {
    if (names.includes(name)) return name;
    throw unknownColumn(name, names);
  };
  const { where: build, select = names, sort: by = [], limit = Infinity } = options;
  if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 0)) {
    throw new ArchetypeError(
      'invalid_argument',
      `limit was ${String(limit)}; give a whole number of rows from 0 on.`,
    );
  }
  const where = build && toNode(builtBy('where', all, build as (c: never) => unknown));
  const keys = (Array.isArray(by) ? by : [by]) as readonly SortKey[];
  const needed = new Set([
    ...select.map(known),
    ...keys.map((key) => known(typeof key === 'string' ? key : key.by)),
    ...(where === undefined ? [] : columnsIn(where)),
  ]);
  const scan = scanQuery(world, newest, components, options);
  const columns = scan.columns.filter(({ name }) => needed.has(name));
  const pushed = where !== undefined && isRowWise(where) ? { where } : {};
  return { scan: { ...scan, columns, ...pushed }, where, sort: keys, limit, select };
}

function finish({ scan, sort: keys, limit, select }: QueryPlan, frames: readonly Frame[]): Frame {
  const all = Frame.concat(scanSchema(scan), frames);
  const sorted = keys.length === 0 ? all : sort(all, keys);
  const limited = limit < sorted.numRows ? sorted.slice(0, limit) : sorted;
  return limited.pick(select);
}

function scanQuery(
  world: WorldId,
  newest: number | undefined,
  components: readonly ComponentShape[],
  options: QueryOptions,
): ScanQuery {
  return {
    world,
    ticks: ticksOf(options.ticks ?? 'newest', newest),
    components: components.map((component) => component.type),
    without: (options.without ?? []).map((component) => component.type),
    columns: wantedColumns(components),
    ...(options.entities !== undefined && { entities: options.entities }),
    includeInactive: options.includeInactive ?? false,
  };
}

export function ticksOf(ticks: Ticks, newest: number | undefined): ScanQuery['ticks'] {
  const last = newest ?? Infinity;
  if (ticks === 'newest') return newest === undefined ? 'newest' : { from: newest, to: newest };
  if (ticks === 'all') return { from: 0, to: last };
  if (typeof ticks !== 'number' && (typeof ticks !== 'object' || ticks === null))
    throw badTicks(ticks);
  const { from = 0, to = last } = typeof ticks === 'number' ? { from: ticks, to: ticks } : ticks;
  if (
    ![from, to].every((tick) => tick === Infinity || (Number.isInteger(tick) && tick >= -1)) ||
    (to < from && to !== last)
  ) {
    throw badTicks(ticks);
  }
  return { from, to: Math.min(to, last) };
}

const badTicks = (ticks: unknown): ArchetypeError =>
  new ArchetypeError(
    'invalid_argument',
    `ticks was ${JSON.stringify(ticks)}; use "newest", "all", a tick number, or { from, to } with whole numbers from 0 on.`,
  );
