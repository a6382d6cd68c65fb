import { columnOf } from '../column/columns.ts';
import { Frame } from '../frame/frame.ts';
import { types } from '../schema/column-type.ts';
import type { WorldId } from '../state/ids.ts';
import { asSent, messageSchema } from '../state/message.ts';
import type { Store, StoredWorld, TickMessages } from '../store/store.ts';
import { ticksOf, type Ticks } from './query.ts';

/** Messages of ticks as one frame; what became of them is said by the tick behind theirs. */
export async function readMessages(
  store: Store,
  world: WorldId,
  newest: number | undefined,
  asked: Ticks,
): Promise<Frame> {
  const last = newest ?? newestTick(await store.worlds(), world);
  const reading = new MessageReading(last, asked);
  for await (const tick of store.messages(world, reading.range)) reading.add(tick);
  return reading.finish();
}

/** Messages while their ticks come in; how they come is the reader's. */
export class MessageReading {
  /** What to read of the store. */
  readonly range: { readonly from: number; readonly to: number };
  readonly #last: number;
  readonly #to: number;
  readonly #frames: Frame[] = [];
  #waiting: TickMessages | undefined;

  constructor(last: number, asked: Ticks) {
    const range = ticksOf(asked, last);
    const { from, to } = range === 'newest' ? { from: last, to: last } : range;
    this.#last = last;
    this.#to = to;
    this.range = { from, to: Math.min(to + 1, last) };
  }

  add(tick: TickMessages): void {
    this.#end(tick);
    this.#waiting = tick.tick <= this.#to ? tick : undefined;
  }

  finish(): Frame {
    this.#end(undefined);
    return Frame.concat(messageSchema, this.#frames);
  }

  #end(next: TickMessages | undefined): void {
    const waiting = this.#waiting;
    if (waiting?.messages === undefined) return;
    const behind = next?.tick === waiting.tick + 1 ? next : undefined;
    const lost = new Set(behind?.undelivered);
    // A tick without messages and without losses is not read; it was computed all the same.
    const computed = waiting.tick < this.#last;
    const ids = waiting.messages.at('id').data as Int32Array;
    const delivered = Uint8Array.from(ids, (id) => (computed && !lost.has(id) ? 1 : 0));
    this.#frames.push(
      asSent(waiting.messages, waiting.tick, columnOf(types.bool, ids.length, delivered)),
    );
  }
}

/** The newest tick of a world among those a store has. */
export const newestTick = (worlds: readonly StoredWorld[], world: WorldId): number =>
  worlds.find((stored) => stored.world === world)?.newestTick ?? -1;
