import { ArchetypeError } from '../errors.ts';
import { Frame } from '../frame/frame.ts';
import type { AnyComponent } from '../schema/component.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { WorldId } from '../state/ids.ts';
import { scanSchema } from '../store/assemble.ts';
import type { ScanQuery, Store } from '../store/store.ts';

/** Which ticks a query reads; the newest committed one unless told. */
export type Ticks = 'newest' | 'all' | number | { readonly from?: number; readonly to?: number };

export interface QueryOptions {
  readonly ticks?: Ticks;
  /** Rows of these entities only. */
  readonly entities?: readonly number[];
  /** Archetypes that have none of these. */
  readonly without?: readonly AnyComponent[];
  /** Tombstones too: the rows with which entities left a table. */
  readonly includeInactive?: boolean;
}

/** Reads a query's rows as one frame; `newest` is the last tick that the reader may see. */
export async function readQuery(
  store: Store,
  world: WorldId,
  newest: number | undefined,
  components: readonly ComponentShape[],
  options: QueryOptions,
): Promise<Frame> {
  const query = scanQuery(world, newest, components, options);
  const frames: Frame[] = [];
  for await (const frame of store.scan(query)) frames.push(frame);
  return Frame.concat(scanSchema(query), frames);
}

/** A query that has nothing to read. */
export function emptyQuery(components: readonly ComponentShape[], options: QueryOptions): Frame {
  return Frame.concat(scanSchema(scanQuery('', -1, components, options)), []);
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
    columns: components.flatMap((component) => component.columns),
    ...(options.entities !== undefined && { entities: options.entities }),
    includeInactive: options.includeInactive ?? false,
  };
}

function ticksOf(ticks: Ticks, newest: number | undefined): ScanQuery['ticks'] {
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
