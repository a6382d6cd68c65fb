import type { DueCommand, Stage, StoredCommand } from '@archetype/core';

/** A deferred command in its world's queue. */
export interface Queued {
  readonly record: Pick<StoredCommand, 'id' | 'tick' | 'priority' | 'sequence' | 'actor'>;
  readonly work: (stage: Stage) => void;
}

/**
 * Deferred commands, by world, in the order in which they apply: tick, priority, acceptance. It holds what waits; that a
 * command was accepted, and how it ended, is in the store.
 */
export class Broker {
  readonly #queues = new Map<string, Queued[]>();

  submit(world: string, queued: Queued): void {
    let queue = this.#queues.get(world);
    if (queue === undefined) this.#queues.set(world, (queue = []));
    let [low, high] = [0, queue.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(queued, queue[middle]!)) high = middle;
      else low = middle + 1;
    }
    queue.splice(low, 0, queued);
  }

  /** Those that are due at a tick; they belong to the world then. */
  due(world: string, tick: number): readonly DueCommand[] {
    const queue = this.#queues.get(world);
    if (queue === undefined || !(queue[0]!.record.tick <= tick)) return [];
    const later = queue.findIndex(({ record }) => record.tick > tick);
    const due = queue.splice(0, later < 0 ? queue.length : later);
    if (queue.length === 0) this.#queues.delete(world);
    return due.map(({ record, work }) => ({ command: record.id, work }));
  }

  /** Takes a command out of its queue; undefined when it does not wait any more. */
  take(world: string, id: string): Queued | undefined {
    const queue = this.#queues.get(world);
    const at = queue?.findIndex(({ record }) => record.id === id) ?? -1;
    if (at < 0) return undefined;
    const [queued] = queue!.splice(at, 1);
    if (queue!.length === 0) this.#queues.delete(world);
    return queued;
  }

  /** Empties the queue of a world that ended. @returns the ids of what waited */
  clear(world: string): readonly string[] {
    const queue = this.#queues.get(world) ?? [];
    this.#queues.delete(world);
    return queue.map(({ record }) => record.id);
  }
}

const before = ({ record: a }: Queued, { record: b }: Queued): boolean =>
  a.tick - b.tick < 0 ||
  (a.tick === b.tick &&
    (a.priority < b.priority || (a.priority === b.priority && a.sequence < b.sequence)));
