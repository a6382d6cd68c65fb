import { columnOf } from '../column/columns.ts';
import { Frame } from '../frame/frame.ts';
import { types } from '../schema/column-type.ts';
import type { WorldId } from '../state/ids.ts';
import { asSent, messageSchema } from '../state/message.ts';
import type { Store, TickMessages } from '../store/store.ts';
import { ticksOf, type Ticks } from './query.ts';

/** Messages of ticks as one frame; what became of them is said by the tick behind theirs. */
export async function readMessages(
  store: Store,
  world: WorldId,
  newest: number | undefined,
  asked: Ticks,
): Promise<Frame> {
  const last = newest ?? (await newestTick(store, world));
  const range = ticksOf(asked, last);
  const { from, to } = range === 'newest' ? { from: last, to: last } : range;
  const frames: Frame[] = [];
  let waiting: TickMessages | undefined;
  const finish = (next: TickMessages | undefined): void => {
    if (waiting?.messages === undefined) return;
    const behind = next?.tick === waiting.tick + 1 ? next : undefined;
    const lost = new Set(behind?.undelivered);
    // A tick without messages and without losses is not read; it was computed all the same.
    const computed = waiting.tick < last;
    const ids = waiting.messages.at('id').data as Int32Array;
    const delivered = Uint8Array.from(ids, (id) => (computed && !lost.has(id) ? 1 : 0));
    frames.push(
      asSent(waiting.messages, waiting.tick, columnOf(types.bool, ids.length, delivered)),
    );
  };
  for await (const tick of store.messages(world, { from, to: Math.min(to + 1, last) })) {
    finish(tick);
    waiting = tick.tick <= to ? tick : undefined;
  }
  finish(undefined);
  return Frame.concat(messageSchema, frames);
}

async function newestTick(store: Store, world: WorldId): Promise<number> {
  const found = (await store.worlds()).find((stored) => stored.world === world);
  return found?.newestTick ?? -1;
}
