import type { Due, DueCommand } from '@archetype/core';

/** A deferred command in its world's queue. */
export interface Queued extends DueCommand {
  /** Not before this tick. */
  readonly tick: number;
  readonly priority: number;
  readonly sequence: number;
}

/**
 * Deferred commands, by world, in the order in which they apply: tick, priority, acceptance. It holds what waits; that a
 * command was accepted, and how it ended, is in the store.
 */
export class Broker implements Due {
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

  take(world: string, tick: number): readonly Queued[] {
    const queue = this.#queues.get(world);
    if (queue === undefined || queue.length === 0 || queue[0]!.tick > tick) return [];
    const later = queue.findIndex((queued) => queued.tick > tick);
    return queue.splice(0, later < 0 ? queue.length : later);
  }

  giveBack(world: string, commands: readonly DueCommand[]): void {
    for (const queued of commands as readonly Queued[]) this.submit(world, queued);
  }

  /** Takes one command out of its queue; undefined when it does not wait any more. */
  remove(world: string, command: string): Queued | undefined {
    const queue = this.#queues.get(world);
    const at = queue?.findIndex((queued) => queued.command === command) ?? -1;
    return at < 0 ? undefined : queue!.splice(at, 1)[0];
  }

  /** Forgets the queue of a world that this process does not run any more. */
  forget(world: string): void {
    this.#queues.delete(world);
  }
}

const before = (a: Queued, b: Queued): boolean =>
  a.tick < b.tick ||
  (a.tick === b.tick &&
    (a.priority < b.priority || (a.priority === b.priority && a.sequence < b.sequence)));
