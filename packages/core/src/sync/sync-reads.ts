import type { Frame } from '../frame/frame.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { WorldId } from '../state/ids.ts';
import type { NearestRows } from '../store/store.ts';
import { MessageReading, newestTick } from '../world/messages.ts';
import { emptyQuery, QueryReading, type QueryOptions, type Ticks } from '../world/query.ts';
import { planSearch, takeNearest, type SearchOptions } from '../world/search.ts';
import type { SyncStore } from './sync-store.ts';

/** As `readQuery`. */
export function readQueryNow(
  store: SyncStore,
  world: WorldId,
  newest: number | undefined,
  components: readonly ComponentShape[],
  options: QueryOptions,
  nearest?: NearestRows,
): Frame {
  const reading = new QueryReading(world, newest, components, options, nearest);
  for (const frame of store.scan(reading.scan)) if (reading.add(frame)) break;
  return reading.finish();
}

/** As `readMessages`. */
export function readMessagesNow(
  store: SyncStore,
  world: WorldId,
  newest: number | undefined,
  asked: Ticks,
): Frame {
  const reading = new MessageReading(newest ?? newestTick(store.worlds(), world), asked);
  for (const tick of store.messages(world, reading.range)) reading.add(tick);
  return reading.finish();
}

/** As `searchNearest`. */
export function searchNearestNow(
  store: SyncStore | undefined,
  world: WorldId,
  newest: number | undefined,
  component: ComponentShape,
  field: string,
  vector: ArrayLike<number>,
  options: SearchOptions,
): Frame {
  const { nearest, query } = planSearch(component, field, vector, options);
  const rows =
    store === undefined
      ? emptyQuery([component], query)
      : readQueryNow(store, world, newest, [component], query, nearest);
  return takeNearest(rows, nearest);
}
